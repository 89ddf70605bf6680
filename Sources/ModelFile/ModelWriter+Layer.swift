import HDF5
import Models

extension ModelWriter {
  static func write(_ stack: Stack, to group: Group) throws {
    for (index, layer) in stack.layers.enumerated() { try write(layer, to: group.createGroup("\(index)")) }
  }

  private static func write(_ layer: Layer, to group: Group) throws {
    if let name = layer.name { try group.setAttribute("name", name) }
    try group.setAttribute("layer", try write(layer.operation, to: group).rawValue)
    try group.setAttribute("activation", layer.activation.name)
    switch layer.activation {
    case .leakyReLU(let alpha), .elu(let alpha), .celu(let alpha): try group.setAttribute("alpha", Double(alpha))
    case .prelu(let slope): try write(slope, as: "slope", to: group)
    case .hardTanh(let least, let most):
      try group.setAttribute("min", Double(least))
      try group.setAttribute("max", Double(most))
    default: break
    }
  }

  private static func write(_ operation: Layer.Operation, to group: Group) throws -> Words.LayerKind {
    switch operation {
    case .dense(let layer):
      try write(layer.weight, layer.layout, layer.bias, to: group)
      if !layer.covariates.isEmpty { try group.setAttribute("covariates", layer.covariates) }
      return .dense
    case .convolution(let layer):
      try write(layer, dimensions: 2, to: group)
      return .convolution
    case .transposedConvolution(let layer):
      try write(layer, dimensions: 2, to: group)
      return .transposedConvolution
    case .batchNormalization(let layer):
      try write(layer.mean, as: "mean", to: group)
      try write(layer.variance, as: "variance", to: group)
      try write(layer.scale, as: "scale", to: group)
      try write(layer.offset, as: "offset", to: group)
      try group.setAttribute("epsilon", layer.epsilon)
      if let axis = layer.axis { try group.setAttribute("axis", axis) }
      return .batchNormalization
    case .convolution1D(let layer):
      try write(layer, dimensions: 1, to: group)
      return .convolution1D
    case .transposedConvolution1D(let layer):
      try write(layer, dimensions: 1, to: group)
      return .transposedConvolution1D
    case .groupNormalization(let layer):
      try write(layer.scale, as: "scale", to: group)
      try write(layer.offset, as: "offset", to: group)
      try group.setAttribute("epsilon", layer.epsilon)
      guard let groups = layer.groups else { return .instanceNormalization }
      try group.setAttribute("groups", groups)
      return .groupNormalization
    case .permute(let axes):
      try group.setAttribute("axes", axes)
      return .permute
    case .pixelShuffle(let layer):
      try group.setAttribute("factor", layer.factor)
      try group.setAttribute("order", layer.order.rawValue)
      return .pixelShuffle
    case .product(let factors):
      let parent = try group.createGroup("factors")
      for (index, factor) in factors.enumerated() { try write(factor, to: parent.createGroup("\(index)")) }
      return .product
    case .layerNormalization(let layer):
      if let axes = layer.axes { try group.setAttribute("axes", axes) }
      try write(layer.scale, as: "scale", to: group)
      try write(layer.offset, as: "offset", to: group)
      try group.setAttribute("epsilon", layer.epsilon)
      return .layerNormalization
    case .activation: return .activation
    case .flatten: return .flatten
    case .reshape(let shape):
      try group.setAttribute("shape", shape)
      return .reshape
    case .pooling(let layer):
      try group.setAttribute("size", layer.size)
      try group.setAttribute("stride", layer.stride)
      try write(layer.padding, to: group)
      return layer.kind == .maximum ? .maximumPooling : .averagePooling
    case .upsampling(let layer):
      try group.setAttribute("factor", layer.factor)
      try group.setAttribute("mode", layer.mode.rawValue)
      if layer.alignsCorners { try group.setAttribute("align_corners", true) }
      return .upsampling
    case .crop(let sides):
      try group.setAttribute("cropping", sides)
      return .crop
    case .pad(let sides):
      try group.setAttribute("padding", sides)
      return .pad
    case .padBorder(let sides, let mode):
      try group.setAttribute("padding", sides)
      try group.setAttribute("mode", mode.rawValue)
      return .pad
    case .residual(let body, let shortcut):
      try write(body, to: group.createGroup("body"))
      if !shortcut.layers.isEmpty { try write(shortcut, to: group.createGroup("shortcut")) }
      return .residual
    case .concatenation(let branches):
      let parent = try group.createGroup("branches")
      for (index, branch) in branches.enumerated() { try write(branch, to: parent.createGroup("\(index)")) }
      return .concat
    }
  }

  private static func write(_ layer: Convolution, dimensions: Int, to group: Group) throws {
    try write(layer.weight, layer.layout, layer.bias, to: group)
    try group.setAttribute("stride", layer.stride)
    try write(layer.padding, dimensions: dimensions, to: group)
    try group.setAttribute("dilation", layer.dilation)
    try group.setAttribute("groups", layer.groups)
  }

  private static func write(_ layer: TransposedConvolution, dimensions: Int, to group: Group) throws {
    try write(layer.weight, layer.layout, layer.bias, to: group)
    try group.setAttribute("stride", layer.stride)
    try write(layer.padding, dimensions: dimensions, to: group)
    try group.setAttribute("output_padding", layer.outputPadding)
    try group.setAttribute("dilation", layer.dilation)
    try group.setAttribute("groups", layer.groups)
  }

  private static func write(_ weight: Tensor, _ layout: WeightLayout, _ bias: Tensor?, to group: Group) throws {
    try write(weight, as: layout == .kernel ? "kernel" : "weight", to: group)
    try write(bias, as: "bias", to: group)
  }

  private static func write(_ padding: Padding, dimensions: Int = 2, to group: Group) throws {
    switch padding {
    case .valid: try group.setAttribute("padding", "valid")
    case .same: try group.setAttribute("padding", "same")
    case .explicit(let top, let bottom, let left, let right):
      try group.setAttribute("padding", dimensions == 1 ? [left, right] : [top, bottom, left, right])
    }
  }
}
