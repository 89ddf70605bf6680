/// A tensor of a model, with its place in the model file.
public struct ModelParameter: Sendable, Equatable {
  /// What a tensor does in its layer.
  public enum Role: Sendable, Equatable {
    /// Multiplies what a layer is given.
    case weight
    /// Is added to what a layer gives.
    case bias
    /// Multiplies what a normalization gives.
    case scale
    /// Is added to what a normalization gives.
    case offset
    /// A mean that a normalization takes off.
    case movingMean
    /// A variance that a normalization divides by.
    case movingVariance
    /// A parameter of a distribution that no network computes, or of the prior.
    case constant
    /// Part of a step of a flow.
    case flow
  }

  /// The path of its dataset in the model file, such as `/encoder/1/trunk/0/weight`.
  public let path: String
  /// What it does.
  public let role: Role
  /// Its numbers.
  public let tensor: Tensor
}

extension ModelDescription {
  /// Every tensor of the model, in the order of the encoders, the decoders and the prior.
  public var parameters: [ModelParameter] {
    zip(1..., encoders).flatMap { $1.parameters(at: "/encoder/\($0)") }
      + zip(1..., decoders).flatMap { $1.parameters(at: "/decoder/\($0)") } + prior.parameters(at: "/prior")
  }
}

extension Conditional {
  /// The conditional's tensors, under a path.
  public func parameters(at path: String) -> [ModelParameter] {
    var result = trunk?.parameters(at: "\(path)/trunk") ?? []
    for name in distribution.parameters.joined() {
      switch parameters[name] {
      case .stack(let stack)?: result += stack.parameters(at: "\(path)/\(name.rawValue)")
      case .constant(let tensor)?:
        result.append(ModelParameter(path: "\(path)/\(name.rawValue)", role: .constant, tensor: tensor))
      case nil: continue
      }
    }
    for (index, step) in flow.enumerated() { result += step.parameters(at: "\(path)/flow/\(index)") }
    return result
  }
}

extension Stack {
  /// The tensors of every layer, under a path.
  public func parameters(at path: String) -> [ModelParameter] {
    layers.enumerated().flatMap { $1.parameters(at: "\(path)/\($0)") }
  }
}

extension Layer {
  /// The layer's tensors and those of the stacks inside it, under a path.
  public func parameters(at path: String) -> [ModelParameter] {
    func own(_ tensors: KeyValuePairs<String, (ModelParameter.Role, Tensor?)>) -> [ModelParameter] {
      tensors.compactMap { name, entry in
        entry.1.map { ModelParameter(path: "\(path)/\(name)", role: entry.0, tensor: $0) }
      }
    }
    let slope: [ModelParameter] =
      if case .prelu(let slope) = activation {
        [ModelParameter(path: "\(path)/slope", role: .scale, tensor: slope)]
      } else { [] }
    return slope + ownParameters(own, at: path)
  }

  private func ownParameters(
    _ own: (KeyValuePairs<String, (ModelParameter.Role, Tensor?)>) -> [ModelParameter], at path: String
  ) -> [ModelParameter] {
    switch operation {
    case .dense(let layer): return own([layer.layout.name: (.weight, layer.weight), "bias": (.bias, layer.bias)])
    case .convolution(let layer): return own([layer.layout.name: (.weight, layer.weight), "bias": (.bias, layer.bias)])
    case .transposedConvolution(let layer):
      return own([layer.layout.name: (.weight, layer.weight), "bias": (.bias, layer.bias)])
    case .batchNormalization(let layer):
      return own([
        "mean": (.movingMean, layer.mean), "variance": (.movingVariance, layer.variance),
        "scale": (.scale, layer.scale), "offset": (.offset, layer.offset),
      ])
    case .convolution1D(let layer):
      return own([layer.layout.name: (.weight, layer.weight), "bias": (.bias, layer.bias)])
    case .transposedConvolution1D(let layer):
      return own([layer.layout.name: (.weight, layer.weight), "bias": (.bias, layer.bias)])
    case .layerNormalization(let layer):
      return own(["scale": (.scale, layer.scale), "offset": (.offset, layer.offset)])
    case .groupNormalization(let layer):
      return own(["scale": (.scale, layer.scale), "offset": (.offset, layer.offset)])
    case .residual, .concatenation, .product:
      return nestedStacks.flatMap { $0.stack.parameters(at: "\(path)/\($0.name)") }
    case .activation, .flatten, .reshape, .pooling, .upsampling, .crop, .pad, .padBorder, .permute, .pixelShuffle:
      return []
    }
  }

  /// The stacks inside the layer, by the name of their group in the model file.
  public var nestedStacks: [(name: String, stack: Stack)] {
    switch operation {
    case .residual(let body, let shortcut): [("body", body), ("shortcut", shortcut)].filter { !$0.1.layers.isEmpty }
    case .concatenation(let branches): branches.enumerated().map { ("branches/\($0.offset)", $0.element) }
    case .product(let factors): factors.enumerated().map { ("factors/\($0.offset)", $0.element) }
    default: []
    }
  }
}

extension FlowStep {
  /// The step's tensors and those of its stacks, under a path.
  public func parameters(at path: String) -> [ModelParameter] {
    func own(_ name: String, _ tensor: Tensor) -> ModelParameter {
      ModelParameter(path: "\(path)/\(name)", role: .flow, tensor: tensor)
    }
    switch self {
    case .planar(let u, let w, let b): return [own("u", u), own("w", w), own("b", Tensor(shape: [], values: [b]))]
    case .affineCoupling(let mask, let shift, let logScale):
      return [own("mask", mask)] + shift.parameters(at: "\(path)/shift") + logScale.parameters(at: "\(path)/log_scale")
    case .inverseAutoregressive(let shift, let logScale):
      return shift.parameters(at: "\(path)/shift") + logScale.parameters(at: "\(path)/log_scale")
    }
  }

  /// The name that the model format gives to the step.
  public var name: String {
    switch self {
    case .planar: "planar"
    case .affineCoupling: "affine-coupling"
    case .inverseAutoregressive: "inverse-autoregressive"
    }
  }
}

extension Prior {
  /// The prior's tensors, under a path.
  public func parameters(at path: String) -> [ModelParameter] {
    let tensors: KeyValuePairs<String, Tensor?> =
      switch self {
      case .standardNormal: [:]
      case .normal(let mean, let name, let scale): ["mean": mean, name.rawValue: scale]
      case .normalMixture(let logits, let mean, let name, let scale):
        ["logits": logits, "mean": mean, name.rawValue: scale]
      case .vampPrior(let logits, let inputs): ["logits": logits, "pseudo_inputs": inputs]
      }
    return tensors.compactMap { name, tensor in
      tensor.map { ModelParameter(path: "\(path)/\(name)", role: .constant, tensor: $0) }
    }
  }
}

extension [ModelParameter] {
  /// How many numbers the tensors hold altogether.
  public var elementCount: Int { reduce(0) { $0 + $1.tensor.count } }
}

extension WeightLayout {
  /// The name of a weight's dataset in the model file.
  public var name: String { self == .kernel ? "kernel" : "weight" }
}
