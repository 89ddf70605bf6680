import Models
import Networks

extension ModelDescription {
  /// Whether nothing in the model looks trained: there are biases, and all of them, with all moving means, are zero.
  var isUntrained: Bool {
    let stacks = (encoders + decoders).flatMap(\.stacks)
    let biases = stacks.flatMap(\.biases)
    guard !biases.isEmpty else { return false }
    return biases.allSatisfy { $0.values.allSatisfy { $0 == 0 } }
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

extension Conditional {
  /// The trunk and what follows it.
  fileprivate var stacks: [Stack] {
    [trunk].compactMap(\.self)
      + parameters.values.compactMap { parameter in
        if case .stack(let stack) = parameter { stack } else { nil }
      }
  }
}

extension Stack {
  /// What training moves away from zero: biases, offsets and moving means.
  fileprivate var biases: [Tensor] {
    layers.flatMap { layer -> [Tensor] in
      let own: [Tensor?] =
        switch layer.operation {
        case .dense(let layer): [layer.bias]
        case .convolution(let layer): [layer.bias]
        case .transposedConvolution(let layer): [layer.bias]
        case .batchNormalization(let layer): [layer.mean, layer.offset]
        case .layerNormalization(let layer): [layer.offset]
        default: []
        }
      return own.compactMap(\.self) + layer.nestedStacks.flatMap(\.stack.biases)
    }
  }

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
