/// A function applied to each element (softmax: to each run along the channels).
public enum Activation: Sendable, Equatable {
  /// x.
  case identity
  /// max(x, 0).
  case relu
  /// x for x > 0, otherwise alpha · x.
  case leakyReLU(alpha: Float = 0.01)
  /// x for x > 0, otherwise alpha · (eˣ − 1).
  case elu(alpha: Float = 1)
  /// The self-normalizing ELU (Klambauer et al. 2017).
  case selu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// log(1 + eˣ).
  case softplus
  /// x · Φ(x), exact.
  case gelu
  /// The tanh approximation of x · Φ(x).
  case geluTanh
  /// x · sigmoid(x).
  case silu
  /// eˣ.
  case exp
  /// |x|.
  case abs
  /// x².
  case square
  /// √x.
  case sqrt
  /// log x.
  case log
  /// log(1 + x).
  case log1p
  /// x · hard-sigmoid(x) (Howard et al. 2019).
  case hardSwish
  /// x / 6 + ½ held between 0 and 1.
  case hardSigmoid
  /// x · tanh(softplus(x)) (Misra 2019).
  case mish
  /// x / (1 + |x|).
  case softsign
  /// x for x > 0, otherwise alpha · (e^(x / alpha) − 1) (Barron 2017).
  case celu(alpha: Float = 1)
  /// x for x > 0, otherwise slope · x, with one slope or one for each channel.
  case prelu(slope: Tensor)
  /// x held between two bounds.
  case hardTanh(min: Float = -1, max: Float = 1)
  /// eˣⁱ / Σ eˣʲ along the last axis.
  case softmax

  /// The name that the model format gives to it.
  public var name: String {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .leakyReLU: "leaky-relu"
    case .elu: "elu"
    case .selu: "selu"
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    case .softplus: "softplus"
    case .gelu: "gelu"
    case .geluTanh: "gelu-tanh"
    case .silu: "silu"
    case .exp: "exp"
    case .abs: "abs"
    case .square: "square"
    case .sqrt: "sqrt"
    case .log: "log"
    case .log1p: "log1p"
    case .hardSwish: "hard-swish"
    case .hardSigmoid: "hard-sigmoid"
    case .mish: "mish"
    case .softsign: "softsign"
    case .celu: "celu"
    case .prelu: "prelu"
    case .hardTanh: "hard-tanh"
    case .softmax: "softmax"
    }
  }
}
