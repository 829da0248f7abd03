"""The door to scikit-learn: four estimators, thin over `train.fit` and `features`.

    ConvNetClassifier    a convolutional network
    SoftmaxRegression    scores that are linear in the features
    SparseAutoencoder    features without labels, of whole rows
    ConvolvedFeatures    features of patches, slid over pictures and pooled

`reading` says what X may be, `weights` how sample_weight and class_weight enter, `design` which
network "auto" is, `serialization` what pickle gets to see.
"""

from simplecell.estimators.autoencoder import SparseAutoencoder
from simplecell.estimators.convnet import ConvNetClassifier
from simplecell.estimators.convolved import ConvolvedFeatures
from simplecell.estimators.softmax import SoftmaxRegression

__all__ = ["ConvNetClassifier", "ConvolvedFeatures", "SoftmaxRegression", "SparseAutoencoder"]
