/* The test program that `simplecell export --test` wrote, and then the instructions of a picture. */

#define main check
#include TEST
#undef main

uint32_t instructions(void);

int main(void)
{
    float scores[NET_CLASSES];
    const int wrong = check();
    const uint32_t begun = instructions();
    for (int n = 0; n < 10; n++) {
        net_predict(pictures + n * NET_PIXELS, scores);
    }
    printf("instructions %lu\n", (unsigned long)(instructions() - begun) / 10);
    return wrong;
}
