extension ModelDescription {
  /// The first version of the model format that can say this model (docs/model-format.md).
  public var formatVersion: Int { secondVersionFeature == nil ? 1 : 2 }

  /// Something of the model that version 1 has no word for; nil where there is nothing.
  public var secondVersionFeature: String? {
    if let first = decoders.first, first.distribution == .categorical, ModelPlan(self).network?.isOneHot == true {
      return "categorical over one-hot data"
    }
    if let covariate = covariates.first { return "covariate \"\(covariate.name)\"" }
    if input.names != nil { return "names of the elements of x" }
    return (encoders + decoders).lazy.compactMap(\.secondVersionFeature).first
  }
}

extension Conditional {
  /// Every stack of the conditional.
  private var stacks: [Stack] {
    var stacks = [trunk].compactMap(\.self)
    for parameter in parameters.values { if case .stack(let stack) = parameter { stacks.append(stack) } }
    for step in flow {
      switch step {
      case .planar: continue
      case .affineCoupling(_, let shift, let logScale), .inverseAutoregressive(let shift, let logScale):
        stacks += [shift, logScale]
      }
    }
    return stacks
  }

  /// Whether it depends on covariates.
  var usesCovariates: Bool {
    !covariates.isEmpty || stacks.contains { $0.layers.contains(where: \.usesCovariates) }
      || parameters.values.contains { if case .constant(let tensor) = $0 { tensor.by != nil } else { false } }
  }

  fileprivate var secondVersionFeature: String? {
    if exposure != nil { return "exposure" }
    if epsilon != 0 { return "epsilon of a likelihood" }
    return stacks.lazy.flatMap(\.layers).compactMap(\.secondVersionFeature).first
  }
}

extension Layer {
  fileprivate var usesCovariates: Bool {
    if case .dense(let dense) = operation { return !dense.covariates.isEmpty }
    return nestedStacks.contains { $0.stack.layers.contains(where: \.usesCovariates) }
  }

  fileprivate var secondVersionFeature: String? {
    switch activation {
    case .abs, .square, .sqrt, .log, .log1p, .hardSwish, .hardSigmoid, .mish, .softsign, .celu, .prelu:
      return "activation \"\(activation.name)\""
    default: break
    }
    switch operation {
    case .convolution1D, .transposedConvolution1D, .groupNormalization, .permute, .product, .pixelShuffle:
      return "layer \"\(operation.name)\""
    case .padBorder(_, let mode): return "mode \"\(mode.rawValue)\" of pad2d"
    case .layerNormalization(let layer) where layer.axes != nil: return "axes of layer-norm"
    case .upsampling(let layer) where layer.alignsCorners: return "align_corners of upsample2d"
    default: return nestedStacks.lazy.flatMap(\.stack.layers).compactMap(\.secondVersionFeature).first
    }
  }
}
