import Models
import Networks

extension Layer {
  /// Stored numbers, those of nested stacks included.
  var parameterCount: Int {
    switch operation {
    case .dense(let layer): count(layer.weight, layer.bias)
    case .convolution(let layer): count(layer.weight, layer.bias)
    case .transposedConvolution(let layer): count(layer.weight, layer.bias)
    case .batchNormalization(let layer): count(layer.mean, layer.variance, layer.scale, layer.offset)
    case .layerNormalization(let layer): count(layer.scale, layer.offset)
    case .residual(let body, let shortcut): body.parameterCount + shortcut.parameterCount
    case .concatenation(let branches): branches.reduce(0) { $0 + $1.parameterCount }
    case .activation, .flatten, .reshape, .pooling, .upsampling, .crop, .pad: 0
    }
  }

  /// The stacks inside, by the name of their group.
  var nestedStacks: [(name: String, stack: Stack)] {
    switch operation {
    case .residual(let body, let shortcut): [("body", body), ("shortcut", shortcut)].filter { !$0.1.layers.isEmpty }
    case .concatenation(let branches): branches.enumerated().map { ("branches/\($0.offset)", $0.element) }
    default: []
    }
  }

  private func count(_ tensors: Tensor?...) -> Int { tensors.reduce(0) { $0 + ($1?.count ?? 0) } }
}

extension Stack {
  /// Stored numbers.
  var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }
}

extension Parameter {
  /// Stored numbers.
  var parameterCount: Int {
    switch self {
    case .stack(let stack): stack.parameterCount
    case .constant(let tensor): tensor.count
    }
  }
}

extension FlowStep {
  /// The name that the model format gives to the step.
  var name: String {
    switch self {
    case .planar: "planar"
    case .affineCoupling: "affine-coupling"
    case .inverseAutoregressive: "inverse-autoregressive"
    }
  }

  /// Stored numbers.
  var parameterCount: Int {
    switch self {
    case .planar(let u, let w, _): u.count + w.count + 1
    case .affineCoupling(let mask, let shift, let logScale):
      mask.count + shift.parameterCount + logScale.parameterCount
    case .inverseAutoregressive(let shift, let logScale): shift.parameterCount + logScale.parameterCount
    }
  }
}

extension Conditional {
  /// Stored numbers.
  var parameterCount: Int {
    (trunk?.parameterCount ?? 0) + parameters.values.reduce(0) { $0 + $1.parameterCount }
      + flow.reduce(0) { $0 + $1.parameterCount }
  }
}

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

  /// Stored numbers.
  var parameterCount: Int {
    switch self {
    case .standardNormal: 0
    case .normal(let mean, _, let scale): mean.count + scale.count
    case .normalMixture(let logits, let mean, _, let scale): (logits?.count ?? 0) + mean.count + scale.count
    case .vampPrior(let logits, let inputs): (logits?.count ?? 0) + inputs.count
    }
  }
}

extension Activation {
  /// Its name, with the numbers it is given; nothing for the identity.
  var words: String {
    switch self {
    case .identity: ""
    case .leakyReLU(let alpha): "\(name) (\(alpha))"
    case .elu(let alpha) where alpha != 1: "\(name) (\(alpha))"
    case .hardTanh(let min, let max): "\(name) (\(min) to \(max))"
    default: name
    }
  }
}
