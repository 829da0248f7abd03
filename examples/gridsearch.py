"""Search over networks and recipes with scikit-learn, on its bundled digits."""

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

import simplecell as sc

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

search = GridSearchCV(
    sc.ConvNetClassifier(random_state=0),
    {"network": ["auto", "lenet5"], "epochs": [4, 8]},
    cv=3,
)
search.fit(X_train, y_train)
for told, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"{told['network']:7} {told['epochs']} epochs   {100 * score:.1f} % right")
print(f"the best, on pictures it never saw: {100 * search.score(X_test, y_test):.1f} % right")
