/* What a board needs before main, and a count of instructions.

   QEMU counts time by instructions (-icount shift=0): one takes a nanosecond. SysTick of the MPS2
   boards runs at 25 MHz, so that a tick is 40 instructions. The loader has put .data in its place. */

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define STACK 0x20400000
#define PER_TICK 40

int main(void);
void reset(void);
extern void initialise_monitor_handles(void);
extern void exit(int) __attribute__((noreturn));

/* What newlib's exit calls at last. */
void _fini(void)
{
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    STACK, (uintptr_t)reset};

void reset(void)
{
    REGISTER(0xE000ED88) |= 0xF << 20; /* the floating-point unit may be used */
    __asm__ volatile("dsb\n isb");
    initialise_monitor_handles();
    REGISTER(0xE000E014) = 0xFFFFFF; /* SysTick counts down from here, by the processor's clock */
    REGISTER(0xE000E018) = 0;
    REGISTER(0xE000E010) = 5;
    exit(main());
}

/* Instructions since the clock began, in steps of PER_TICK; it turns over after 671 million. */
uint32_t instructions(void)
{
    return PER_TICK * (0xFFFFFF - REGISTER(0xE000E018));
}
