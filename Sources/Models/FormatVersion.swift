extension ModelDescription {
  /// The first version of the model format that can say this model (docs/model-format.md).
  public var formatVersion: Int { secondVersionFeature == nil ? 1 : 2 }

  /// Something of the model that version 1 has no word for; nil where there is nothing.
  public var secondVersionFeature: String? {
    if let first = decoders.first, first.distribution == .categorical, ModelPlan(self).network?.isOneHot == true {
      return "categorical over one-hot data"
    }
    return (encoders + decoders).lazy.compactMap(\.secondVersionFeature).first
  }
}

extension Conditional {
  fileprivate var secondVersionFeature: String? {
    var stacks = [trunk].compactMap(\.self)
    for parameter in parameters.values { if case .stack(let stack) = parameter { stacks.append(stack) } }
    for step in flow {
      switch step {
      case .planar: continue
      case .affineCoupling(_, let shift, let logScale), .inverseAutoregressive(let shift, let logScale):
        stacks += [shift, logScale]
      }
    }
    return stacks.lazy.flatMap(\.layers).compactMap(\.secondVersionFeature).first
  }
}

extension Layer {
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
