/// A stack whose layers fit together.
public struct StackPlan: Sendable {
  /// The shape of what the first layer is given.
  public let input: [Int]
  /// The layers, first applied first.
  public package(set) var layers: [LayerPlan] = []

  init(input: [Int]) { self.input = input }

  /// The shape of what the last layer gives; the input's for a stack without layers.
  public var output: [Int] { layers.last?.output ?? input }

  /// The number of elements that the last layer gives.
  public var outputCount: Int { output.reduce(1, *) }

  /// Multiply-adds for one input.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }
}

/// A layer that fits what it is given.
public struct LayerPlan: Sendable {
  /// What is computed before the activation, with every size that it needs.
  package let operation: PlannedOperation
  /// What is applied to that.
  package let activation: Activation
  /// The shape of what the layer gives.
  public let output: [Int]
  /// Multiply-adds for one input.
  public let multiplyAdds: Int
  /// The layer's path in the model file; empty for one that stands in no file.
  package var path = ""
}

/// A layer's operation with every size worked out, so that nothing is left to check.
package enum PlannedOperation: Sendable {
  /// Applied to each of `positions` consecutive runs of `inputs` elements. The weights of `covariates`, columns of what is
  /// known of an example, come after those of the inputs.
  case dense(Dense, inputs: Int, outputs: Int, positions: Int, covariates: [Int])
  case convolution(Convolution, ConvolutionPlan)
  case transposedConvolution(TransposedConvolution, ConvolutionPlan)
  case pooling(Pooling, WindowPlan)
  case upsampling(Upsampling, from: ImageShape, to: ImageShape)
  /// Sides: top, bottom, left, right.
  case crop(sides: [Int], from: ImageShape, to: ImageShape)
  case pad(sides: [Int], from: ImageShape, to: ImageShape)
  case batchNormalization(BatchNormalization, axis: Int)
  case layerNormalization(LayerNormalization)
  /// The same elements under another shape, or nothing at all.
  case rearrangement
  case residual(body: StackPlan, shortcut: StackPlan)
  case concatenation([StackPlan], axis: Int)
  /// Two stacks with outputs of the same number of elements, multiplied.
  case product(StackPlan, StackPlan)
  /// Each element of the output is one of the input: the one of that number.
  case selection([Int32])
  /// Layers in place of one.
  case sequence(StackPlan)
}

/// A window that moves over an image.
package struct WindowPlan: Sendable {
  package let input: ImageShape
  package let output: ImageShape
  package let vertical: WindowAxis
  package let horizontal: WindowAxis
}

/// A convolution's window and weights.
package struct ConvolutionPlan: Sendable {
  package let window: WindowPlan
  package let weight: ConvolutionWeight
}

/// The axes of a convolution's weight.
package struct ConvolutionWeight: Sendable {
  /// As the model file calls it.
  let name: String
  let shape: [Int]
  /// Height and width.
  package let window: [Int]
  /// Channels as stored: either may be the number in one group.
  package let input: Int
  package let output: Int
}
