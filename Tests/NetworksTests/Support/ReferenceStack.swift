import Foundation
import Models

@testable import Networks

/// An image or a vector in double precision.
struct ReferenceTensor {
  var shape: [Int]
  var values: [Double]

  init(shape: [Int], values: [Double]) {
    self.shape = shape
    self.values = values
  }

  init(_ tensor: Tensor) { self.init(shape: tensor.shape, values: tensor.values.map(Double.init)) }

  /// An image of zeros with the extents given in the order height, width, channels.
  init(image height: Int, _ width: Int, _ channels: Int, _ format: DataFormat) {
    let shape = format == .channelsLast ? [height, width, channels] : [channels, height, width]
    self.init(shape: shape, values: Array(repeating: 0, count: height * width * channels))
  }

  func extents(_ format: DataFormat) -> (height: Int, width: Int, channels: Int) {
    format == .channelsLast ? (shape[0], shape[1], shape[2]) : (shape[1], shape[2], shape[0])
  }

  /// An element of an image.
  subscript(_ y: Int, _ x: Int, _ c: Int, _ format: DataFormat) -> Double {
    get { values[place(y, x, c, format)] }
    set { values[place(y, x, c, format)] = newValue }
  }

  private func place(_ y: Int, _ x: Int, _ c: Int, _ format: DataFormat) -> Int {
    format == .channelsLast ? (y * shape[1] + x) * shape[2] + c : (c * shape[1] + y) * shape[2] + x
  }
}

/// Layers by their formulas, in double precision, one example at a time.
struct ReferenceStack {
  let format: DataFormat

  func callAsFunction(_ stack: Stack, _ input: ReferenceTensor) -> ReferenceTensor {
    stack.layers.reduce(input) { activate($1.activation, apply($1.operation, $0)) }
  }

  private func apply(_ operation: Layer.Operation, _ x: ReferenceTensor) -> ReferenceTensor {
    switch operation {
    case .dense(let layer): return dense(layer, x)
    case .convolution(let layer): return convolution(layer, x)
    case .transposedConvolution(let layer): return transposedConvolution(layer, x)
    case .batchNormalization(let layer): return batchNormalization(layer, x)
    case .layerNormalization(let layer): return layerNormalization(layer, x)
    case .activation: return x
    case .flatten: return ReferenceTensor(shape: [x.values.count], values: x.values)
    case .reshape(let shape): return ReferenceTensor(shape: shape, values: x.values)
    case .residual(let body, let shortcut):
      let (first, second) = (self(body, x), self(shortcut, x))
      return ReferenceTensor(shape: first.shape, values: zip(first.values, second.values).map { $0 + $1 })
    case .concatenation(let stacks):
      // Vectors only.
      let parts = stacks.map { self($0, x).values }
      return ReferenceTensor(shape: [parts.reduce(0) { $0 + $1.count }], values: parts.flatMap { $0 })
    case .product(let stacks):
      // Factors of one shape, and vectors of one element.
      let factors = stacks.map { self($0, x) }
      let count = factors.map(\.values.count).max() ?? 0
      let values = (0..<count).map { index in
        factors.reduce(1) { $0 * $1.values[$1.values.count == 1 ? 0 : index] }
      }
      return ReferenceTensor(shape: factors.first { $0.values.count == count }?.shape ?? [], values: values)
    case .permute(let order):
      let shape = order.map { x.shape[$0] }
      let strides = x.shape.indices.map { x.shape[($0 + 1)...].reduce(1, *) }
      let values = (0..<x.values.count).map { index in
        var (rest, source) = (index, 0)
        for (axis, extent) in shape.enumerated().reversed() {
          source += rest % extent * strides[order[axis]]
          rest /= extent
        }
        return x.values[source]
      }
      return ReferenceTensor(shape: shape, values: values)
    case .pooling, .upsampling, .crop, .pad, .padBorder, .convolution1D, .transposedConvolution1D, .groupNormalization,
      .pixelShuffle:
      fatalError("no reference here: see layers.json and second_layers.json")
    }
  }

  private func dense(_ layer: Dense, _ x: ReferenceTensor) -> ReferenceTensor {
    let inputs = x.shape[x.shape.count - 1]
    let outputs = layer.weight.count / inputs
    var values: [Double] = []
    for position in 0..<x.values.count / inputs {
      for output in 0..<outputs {
        var sum = Double(layer.bias?.values[output] ?? 0)
        for input in 0..<inputs {
          let place = layer.layout == .weight ? output * inputs + input : input * outputs + output
          sum += Double(layer.weight.values[place]) * x.values[position * inputs + input]
        }
        values.append(sum)
      }
    }
    return ReferenceTensor(shape: x.shape.dropLast() + [outputs], values: values)
  }

  private func padding(
    _ padding: Padding, _ input: [Int], _ window: [Int], _ stride: [Int]
  ) -> (before: [Int], output: [Int]) {
    switch padding {
    case .valid: return ([0, 0], (0...1).map { (input[$0] - window[$0]) / stride[$0] + 1 })
    case .same:
      let output = (0...1).map { (input[$0] + stride[$0] - 1) / stride[$0] }
      return ((0...1).map { max(0, (output[$0] - 1) * stride[$0] + window[$0] - input[$0]) / 2 }, output)
    case .explicit(let top, let bottom, let left, let right):
      let room = [input[0] + top + bottom - window[0], input[1] + left + right - window[1]]
      return ([top, left], (0...1).map { room[$0] / stride[$0] + 1 })
    }
  }

  private func convolution(_ layer: Convolution, _ x: ReferenceTensor) -> ReferenceTensor {
    let (height, width, _) = x.extents(format)
    let s = layer.weight.shape
    let (kernel, inputs, outputs) = layer.layout == .kernel ? ([s[0], s[1]], s[2], s[3]) : ([s[2], s[3]], s[1], s[0])
    let window = (0...1).map { (kernel[$0] - 1) * layer.dilation[$0] + 1 }
    let (before, size) = padding(layer.padding, [height, width], window, layer.stride)
    var y = ReferenceTensor(image: size[0], size[1], outputs, format)
    for o in 0..<outputs {
      let group = o / (outputs / layer.groups)
      for v in 0..<size[0] {
        for h in 0..<size[1] {
          var sum = Double(layer.bias?.values[o] ?? 0)
          for i in 0..<kernel[0] {
            for j in 0..<kernel[1] {
              let row = v * layer.stride[0] + i * layer.dilation[0] - before[0]
              let column = h * layer.stride[1] + j * layer.dilation[1] - before[1]
              guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
              for c in 0..<inputs {
                let place =
                  layer.layout == .kernel
                  ? ((i * kernel[1] + j) * inputs + c) * outputs + o
                  : ((o * inputs + c) * kernel[0] + i) * kernel[1] + j
                sum += Double(layer.weight.values[place]) * x[row, column, group * inputs + c, format]
              }
            }
          }
          y[v, h, o, format] = sum
        }
      }
    }
    return y
  }

  /// Each input spreads over the outputs: the definition, where the package gathers.
  private func transposedConvolution(_ layer: TransposedConvolution, _ x: ReferenceTensor) -> ReferenceTensor {
    let (height, width, channels) = x.extents(format)
    let s = layer.weight.shape
    let (kernel, groupOutputs) = layer.layout == .kernel ? ([s[0], s[1]], s[2]) : ([s[2], s[3]], s[1])
    let outputs = groupOutputs * layer.groups
    let window = (0...1).map { (kernel[$0] - 1) * layer.dilation[$0] + 1 }
    var before = [0, 0]
    var size = (0...1).map { ([height, width][$0] - 1) * layer.stride[$0] + window[$0] + layer.outputPadding[$0] }
    switch layer.padding {
    case .valid: break
    case .same:
      size = [height * layer.stride[0], width * layer.stride[1]]
      // The padding that a convolution from `size` back to the input would have.
      before = padding(.same, size, window, layer.stride).before
    case .explicit(let top, let bottom, let left, let right):
      before = [top, left]
      size = [size[0] - top - bottom, size[1] - left - right]
    }
    var y = ReferenceTensor(image: size[0], size[1], outputs, format)
    for o in 0..<outputs {
      for v in 0..<size[0] {
        for h in 0..<size[1] { y[v, h, o, format] = Double(layer.bias?.values[o] ?? 0) }
      }
    }
    let groupInputs = channels / layer.groups
    for c in 0..<channels {
      for row in 0..<height {
        for column in 0..<width {
          for i in 0..<kernel[0] {
            for j in 0..<kernel[1] {
              let v = row * layer.stride[0] + i * layer.dilation[0] - before[0]
              let h = column * layer.stride[1] + j * layer.dilation[1] - before[1]
              guard (0..<size[0]).contains(v), (0..<size[1]).contains(h) else { continue }
              for o in 0..<groupOutputs {
                let place =
                  layer.layout == .kernel
                  ? ((i * kernel[1] + j) * groupOutputs + o) * channels + c
                  : ((c * groupOutputs + o) * kernel[0] + i) * kernel[1] + j
                let weight = Double(layer.weight.values[place])
                y[v, h, c / groupInputs * groupOutputs + o, format] += weight * x[row, column, c, format]
              }
            }
          }
        }
      }
    }
    return y
  }

  private func batchNormalization(_ layer: BatchNormalization, _ x: ReferenceTensor) -> ReferenceTensor {
    let axis = layer.axis ?? (format == .channelsFirst && x.shape.count == 3 ? 0 : x.shape.count - 1)
    let inner = x.shape[(axis + 1)...].reduce(1, *)
    let values = x.values.enumerated().map { index, value in
      let c = index / inner % x.shape[axis]
      let normalized =
        (value - Double(layer.mean.values[c])) / (Double(layer.variance.values[c]) + layer.epsilon).squareRoot()
      return normalized * Double(layer.scale?.values[c] ?? 1) + Double(layer.offset?.values[c] ?? 0)
    }
    return ReferenceTensor(shape: x.shape, values: values)
  }

  private func layerNormalization(_ layer: LayerNormalization, _ x: ReferenceTensor) -> ReferenceTensor {
    let size = x.shape[x.shape.count - 1]
    var result = x
    for first in stride(from: 0, to: x.values.count, by: size) {
      let run = x.values[first..<first + size]
      let mean = run.reduce(0, +) / Double(size)
      let variance = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
      for i in 0..<size {
        let normalized = (x.values[first + i] - mean) / (variance + layer.epsilon).squareRoot()
        result.values[first + i] =
          normalized * Double(layer.scale?.values[i] ?? 1) + Double(layer.offset?.values[i] ?? 0)
      }
    }
    return result
  }

  func activate(_ activation: Activation, _ x: ReferenceTensor) -> ReferenceTensor {
    if activation == .softmax {
      let axis = format == .channelsFirst && x.shape.count == 3 ? 0 : x.shape.count - 1
      let inner = x.shape[(axis + 1)...].reduce(1, *)
      var sums: [Int: Double] = [:]
      let group = { (index: Int) in index / (inner * x.shape[axis]) * inner + index % inner }
      for (index, value) in x.values.enumerated() { sums[group(index), default: 0] += exp(value) }
      return ReferenceTensor(
        shape: x.shape, values: x.values.enumerated().map { exp($1) / (sums[group($0)] ?? .nan) })
    }
    if case .prelu(let slope) = activation, slope.count > 1 {
      // Channels are last.
      let values = x.values.enumerated().map { $1 > 0 ? $1 : Double(slope.values[$0 % slope.count]) * $1 }
      return ReferenceTensor(shape: x.shape, values: values)
    }
    return ReferenceTensor(shape: x.shape, values: x.values.map { Self.activate(activation, $0) })
  }

  static func activate(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity, .softmax: x
    case .relu: max(x, 0)
    case .leakyReLU(let alpha): x > 0 ? x : Double(alpha) * x
    case .elu(let alpha): x > 0 ? x : Double(alpha) * expm1(x)
    case .selu: 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x))
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .softplus: x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
    case .gelu: x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: 0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .silu: x / (1 + exp(-x))
    case .exp: Foundation.exp(x)
    case .hardTanh(let low, let high): min(max(x, Double(low)), Double(high))
    case .abs: Swift.abs(x)
    case .square: x * x
    case .sqrt: x.squareRoot()
    case .log: Foundation.log(x)
    case .log1p: Foundation.log1p(x)
    case .hardSigmoid: min(max(x / 6 + 0.5, 0), 1)
    case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
    case .mish: x * Foundation.tanh(Foundation.log1p(Foundation.exp(x)))
    case .softsign: x / (1 + Swift.abs(x))
    case .celu(let alpha): x > 0 ? x : Double(alpha) * expm1(x / Double(alpha))
    case .prelu(let slope): x > 0 ? x : Double(slope.values[0]) * x
    }
  }
}
