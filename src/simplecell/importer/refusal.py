"""What simplecell has in place of an operator that it cannot take."""

from difflib import get_close_matches

CHAINS = "simplecell takes chains: each layer reads the one below and no other."

INSTEAD = {
    "ConvTranspose": "Layers here make maps smaller or keep them. The nearest is Conv.",
    "LSTM": "simplecell reads one picture at a time and keeps no memory. The nearest is Gemm.",
    "GRU": "simplecell reads one picture at a time and keeps no memory. The nearest is Gemm.",
    "RNN": "simplecell reads one picture at a time and keeps no memory. The nearest is Gemm.",
    "If": "simplecell takes chains, without conditions. Export it for one fixed size of picture.",
    "Loop": "simplecell takes chains, without loops. Write the repeated layers out.",
    "Scan": "simplecell takes chains, without loops. Write the repeated layers out.",
    "Gelu": "The nearest squashing functions are Softplus and Elu.",
    "Erf": "It is a part of GELU. The nearest squashing functions are Softplus and Elu.",
    "Selu": "The nearest squashing function is Elu.",
    "Celu": "The nearest squashing function is Elu.",
    "PRelu": "Its slope is learned. The nearest squashing function is LeakyRelu.",
    "ThresholdedRelu": "The nearest squashing function is Relu.",
    "HardSigmoid": "The nearest squashing function is Sigmoid.",
    "HardSwish": "The nearest squashing functions are Relu and Softplus.",
    "Mish": "The nearest squashing functions are Relu and Softplus.",
    "Swish": "The nearest squashing functions are Relu and Softplus.",
    "Softsign": "The nearest squashing function is Tanh.",
    "Clip": "Of Clip, only what cuts off below 0 is known, as Relu. The nearest to ReLU6 is Relu.",
    "LRN": "The nearest layer is BatchNormalization.",
    "LayerNormalization": "The nearest layer is BatchNormalization.",
    "InstanceNormalization": "The nearest layer is BatchNormalization.",
    "GroupNormalization": "The nearest layer is BatchNormalization.",
    "LpPool": "The nearest layers are MaxPool and AveragePool.",
    "GlobalLpPool": "The nearest layers are GlobalMaxPool and GlobalAveragePool.",
    "ReduceSum": "The nearest layers are GlobalAveragePool and ReduceMean over height and width.",
    "Concat": f"It joins two ways. {CHAINS}",
    "Split": f"It makes two ways. {CHAINS}",
    "Upsample": "Bring the pictures to the network's size before they come in.",
    "Resize": "Bring the pictures to the network's size before they come in.",
    "QuantizeLinear": "Export the network in float32, before it is quantised.",
    "DequantizeLinear": "Export the network in float32, before it is quantised.",
    "QLinearConv": "Export the network in float32, before it is quantised.",
    "QLinearMatMul": "Export the network in float32, before it is quantised.",
    "ConvInteger": "Export the network in float32, before it is quantised.",
    "MatMulInteger": "Export the network in float32, before it is quantised.",
    "DynamicQuantizeLinear": "Export the network in float32, before it is quantised.",
    "Attention": "The nearest layer is a full connection, Gemm.",
    "Einsum": "Write a full connection as Gemm, or as MatMul and Add.",
    "Pow": "Only sums and products with constants are known between layers.",
}
"""By operator: why not, and the nearest thing that could be taken."""

KNOWN = (
    "Conv", "Gemm", "MatMul", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
    "ReduceMean", "ReduceMax", "BatchNormalization", "Dropout", "Relu", "LeakyRelu", "Elu",
    "Softplus", "Tanh", "Sigmoid", "Softmax", "LogSoftmax", "Flatten", "Reshape", "Transpose",
    "Squeeze", "Unsqueeze", "Identity", "Cast", "Pad", "Add", "Sub", "Mul", "Div",
)  # fmt: skip
"""What can be taken."""


def instead_of(operator: str) -> str:
    """Say what simplecell has in place of an operator."""
    if operator in INSTEAD:
        return INSTEAD[operator]
    near = get_close_matches(operator, KNOWN, n=1, cutoff=0.6)
    nearest = f" The nearest is {near[0]}." if near else ""
    return f"It is not among the operators that simplecell takes.{nearest}"
