import Foundation
import Models
import Networks
import Testing

/// Evaluates stacks in double precision, as literally as can be: a check on the importer alone.
enum Interpreter {
  struct Values {
    var values: [Double]
    var shape: [Int]

    init(_ values: [Double], _ shape: [Int]) {
      self.values = values
      self.shape = shape
    }

    init(_ shape: [Int], _ element: (Int, Int, Int) -> Double) {
      self.shape = shape
      values = (0..<shape[0]).flatMap { y in
        (0..<shape[1]).flatMap { x in (0..<shape[2]).map { element(y, x, $0) } }
      }
    }

    /// Zero outside of the image.
    subscript(y: Int, x: Int, c: Int) -> Double {
      guard (0..<shape[0]).contains(y), (0..<shape[1]).contains(x) else { return 0 }
      return values[(y * shape[1] + x) * shape[2] + c]
    }
  }

  static func run(_ conditional: Conditional, _ input: Values) -> [ParameterName: [Double]] {
    let hidden = run(conditional.trunk ?? Stack(), input)
    return conditional.parameters.mapValues { parameter in
      guard case .stack(let stack) = parameter else { return [] }
      return run(stack, hidden).values
    }
  }

  static func run(_ stack: Stack, _ input: Values) -> Values {
    stack.layers.reduce(input) { values, layer in
      var result = apply(layer.operation, values)
      result.values = result.values.map { apply(layer.activation, $0) }
      return result
    }
  }

  private static func apply(_ operation: Layer.Operation, _ x: Values) -> Values {
    switch operation {
    case .dense(let layer):
      let (inputs, outputs) = (layer.weight.shape[0], layer.weight.shape[1])
      return Values(
        (0..<outputs).map { o in
          var sum = Double(layer.bias?.values[o] ?? 0)
          for i in 0..<inputs { sum += x.values[i] * Double(layer.weight.values[i * outputs + o]) }
          return sum
        }, [outputs])
    case .batchNormalization(let layer):
      let channels = x.shape.last ?? 1
      var result = x
      for (index, value) in x.values.enumerated() {
        let c = index % channels
        let deviation = (Double(layer.variance.values[c]) + layer.epsilon).squareRoot()
        let scale = Double(layer.scale?.values[c] ?? 1)
        let offset = Double(layer.offset?.values[c] ?? 0)
        result.values[index] = (value - Double(layer.mean.values[c])) / deviation * scale + offset
      }
      return result
    case .convolution(let layer): return convolve(layer, x)
    case .transposedConvolution(let layer): return spread(layer, x)
    case .flatten: return Values(x.values, [x.values.count])
    case .reshape(let shape): return Values(x.values, shape)
    case .residual(let body, let shortcut):
      let (a, b) = (run(body, x), run(shortcut, x))
      return Values(zip(a.values, b.values).map { $0 + $1 }, a.shape)
    case .activation: return x
    default:
      Issue.record("\(operation.name) is not interpreted")
      return x
    }
  }

  /// Padding "same": the odd element at the end.
  private static func convolve(_ layer: Convolution, _ x: Values) -> Values {
    let w = layer.weight.shape
    let size = (0..<2).map { (x.shape[$0] + layer.stride[$0] - 1) / layer.stride[$0] }
    let before = (0..<2).map { (axis: Int) -> Int in
      let covered = (size[axis] - 1) * layer.stride[axis] + w[axis]
      return max(0, covered - x.shape[axis]) / 2
    }
    return Values([size[0], size[1], w[3]]) { y, xx, o in
      var sum = Double(layer.bias?.values[o] ?? 0)
      for i in 0..<w[0] {
        for j in 0..<w[1] {
          for c in 0..<w[2] {
            let weight = Double(layer.weight.values[((i * w[1] + j) * w[2] + c) * w[3] + o])
            sum += weight * x[y * layer.stride[0] + i - before[0], xx * layer.stride[1] + j - before[1], c]
          }
        }
      }
      return sum
    }
  }

  /// Padding "same": the transpose of the convolution with the same padding.
  private static func spread(_ layer: TransposedConvolution, _ x: Values) -> Values {
    let w = layer.weight.shape
    let before = (0..<2).map { max(0, w[$0] - layer.stride[$0]) / 2 }
    return Values([x.shape[0] * layer.stride[0], x.shape[1] * layer.stride[1], w[2]]) { y, xx, o in
      var sum = Double(layer.bias?.values[o] ?? 0)
      for i in 0..<w[0] where (y + before[0] - i) % layer.stride[0] == 0 {
        for j in 0..<w[1] where (xx + before[1] - j) % layer.stride[1] == 0 {
          for c in 0..<w[3] {
            let weight = Double(layer.weight.values[((i * w[1] + j) * w[2] + o) * w[3] + c])
            sum += weight * x[(y + before[0] - i) / layer.stride[0], (xx + before[1] - j) / layer.stride[1], c]
          }
        }
      }
      return sum
    }
  }

  private static func apply(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: x
    case .relu: max(x, 0)
    case .leakyReLU(let alpha): x > 0 ? x : Double(alpha) * x
    case .elu(let alpha): x > 0 ? x : Double(alpha) * (exp(x) - 1)
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    default: .nan
    }
  }
}
