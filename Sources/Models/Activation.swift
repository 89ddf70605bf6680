/// A function applied to each element (softmax: to each run along the last axis).
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
    case .hardTanh: "hard-tanh"
    case .softmax: "softmax"
    }
  }
}
