import Models

extension Prior {
  /// What it is, in words.
  var words: String {
    switch self {
    case .standardNormal: "standard normal"
    case .normal: "normal"
    case .normalMixture(_, let mean, _, _): "mixture of \(mean.shape.first ?? 0) normals"
    case .vampPrior(_, let inputs): "VampPrior of \(inputs.shape.first ?? 0) pseudo-inputs"
    }
  }
}

extension Activation {
  /// Its name, with the numbers it is given; nothing for the identity.
  package var words: String {
    switch self {
    case .identity: ""
    case .leakyReLU(let alpha): "\(name) (\(alpha))"
    case .elu(let alpha) where alpha != 1: "\(name) (\(alpha))"
    case .hardTanh(let min, let max): "\(name) (\(min) to \(max))"
    default: name
    }
  }
}
