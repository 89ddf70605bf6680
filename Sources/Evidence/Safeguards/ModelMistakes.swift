public import Models

extension ModelDescription {
  /// What the model by itself gives reason to doubt.
  public var concerns: [Concern] {
    (isUntrained ? [.untrainedModel] : []) + (activationOfLogits.map { [.logitsOfActivation($0)] } ?? [])
  }

  /// Whether nothing in the model looks trained: there are biases, and all of them, with all moving means, are zero.
  var isUntrained: Bool {
    let biases = parameters.filter { [.bias, .offset, .movingMean].contains($0.role) }
    guard !biases.isEmpty else { return false }
    return biases.allSatisfy { $0.tensor.values.allSatisfy { $0 == 0 } }
  }

  /// The activation with values in [0, 1] that the decoder's logits end in: they are probabilities.
  var activationOfLogits: Activation? {
    guard case .stack(let stack)? = decoders.first?.parameters[.logits] else { return nil }
    switch stack.lastActivation ?? decoders.first?.trunk?.lastActivation {
    case .sigmoid?: return .sigmoid
    case .softmax?: return .softmax
    default: return nil
    }
  }
}

extension Stack {
  /// The activation of the last layer that does more than rearrange; nil where there is none.
  fileprivate var lastActivation: Activation? {
    for layer in layers.reversed() {
      if layer.activation != .identity { return layer.activation }
      switch layer.operation {
      case .flatten, .reshape, .crop, .activation: continue
      default: return .identity
      }
    }
    return nil
  }
}
