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
    case .leakyReLU(let alpha), .elu(let alpha): try group.setAttribute("alpha", Double(alpha))
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
      return .dense
    case .convolution(let layer):
      try write(layer.weight, layer.layout, layer.bias, to: group)
      try group.setAttribute("stride", layer.stride)
      try write(layer.padding, to: group)
      try group.setAttribute("dilation", layer.dilation)
      try group.setAttribute("groups", layer.groups)
      return .convolution
    case .transposedConvolution(let layer):
      try write(layer.weight, layer.layout, layer.bias, to: group)
      try group.setAttribute("stride", layer.stride)
      try write(layer.padding, to: group)
      try group.setAttribute("output_padding", layer.outputPadding)
      try group.setAttribute("dilation", layer.dilation)
      try group.setAttribute("groups", layer.groups)
      return .transposedConvolution
    case .batchNormalization(let layer):
      try write(layer.mean, as: "mean", to: group)
      try write(layer.variance, as: "variance", to: group)
      try write(layer.scale, as: "scale", to: group)
      try write(layer.offset, as: "offset", to: group)
      try group.setAttribute("epsilon", layer.epsilon)
      if let axis = layer.axis { try group.setAttribute("axis", axis) }
      return .batchNormalization
    case .layerNormalization(let layer):
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
      return .upsampling
    case .crop(let sides):
      try group.setAttribute("cropping", sides)
      return .crop
    case .pad(let sides):
      try group.setAttribute("padding", sides)
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

  private static func write(_ weight: Tensor, _ layout: WeightLayout, _ bias: Tensor?, to group: Group) throws {
    try write(weight, as: layout == .kernel ? "kernel" : "weight", to: group)
    try write(bias, as: "bias", to: group)
  }

  private static func write(_ padding: Padding, to group: Group) throws {
    switch padding {
    case .valid: try group.setAttribute("padding", "valid")
    case .same: try group.setAttribute("padding", "same")
    case .explicit(let top, let bottom, let left, let right):
      try group.setAttribute("padding", [top, bottom, left, right])
    }
  }
}
