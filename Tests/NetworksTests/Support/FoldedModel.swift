import Foundation
import Models

@testable import Networks

/// A model at one value of its covariates, written as one that has none: by its own arithmetic, on descriptions.
struct Folding {
  let layout: CovariateLayout
  /// As networks take them: categories one-hot, the total last.
  let values: [Float]

  func fold(_ model: ModelDescription) -> ModelDescription {
    var result = model
    result.covariates = []
    result.encoders = model.encoders.map { fold($0, inputs: $0.given.contains(0) ? model.input.shape : []) }
    result.decoders = model.decoders.map { fold($0, inputs: []) }
    switch model.prior {
    case .normal(let mean, let name, let scale):
      result.prior = .normal(mean: part(mean), scaleName: name, scale: part(scale))
    case .normalMixture(let logits, let mean, let name, let scale):
      result.prior = .normalMixture(logits: logits.map(part), mean: part(mean), scaleName: name, scale: part(scale))
    default: break
    }
    return result
  }

  private func numbers(_ name: String) -> [Float] { layout.columns(name).map { Array(values[$0]) } ?? [] }

  private func part(_ tensor: Tensor) -> Tensor {
    guard let name = tensor.by, let category = numbers(name).firstIndex(of: 1) else { return tensor }
    let size = tensor.count / tensor.shape[0]
    return Tensor(
      shape: Array(tensor.shape.dropFirst()), values: Array(tensor.values[category * size..<(category + 1) * size]))
  }

  private func fold(_ conditional: Conditional, inputs: [Int]) -> Conditional {
    var result = conditional
    result.covariates = []
    result.exposure = nil
    let joined = conditional.covariates.flatMap(numbers)
    result.trunk = conditional.trunk.map { fold($0, joined) }
    for (name, parameter) in conditional.parameters {
      switch parameter {
      case .constant(let tensor): result.parameters[name] = .constant(part(tensor))
      case .stack(let stack):
        var folded = fold(stack, conditional.trunk == nil ? joined : [])
        if let exposure = conditional.exposure, name != .dispersion, name != .logDispersion, name != .dropoutLogits {
          let value = exposure == .total ? values[values.count - 1] : numbers(exposure.name)[0]
          folded.layers.append(times(value, isLogarithm: name.form == .logarithm, like: stack))
        }
        result.parameters[name] = .stack(folded)
      }
    }
    result.flow = conditional.flow.map { step in
      switch step {
      case .planar: step
      case .affineCoupling(let mask, let shift, let logScale):
        .affineCoupling(mask: mask, shift: fold(shift, []), logScale: fold(logScale, []))
      case .inverseAutoregressive(let shift, let logScale):
        .inverseAutoregressive(shift: fold(shift, []), logScale: fold(logScale, []))
      }
    }
    return result
  }

  /// A layer that multiplies, or adds a logarithm.
  private func times(_ value: Float, isLogarithm: Bool, like stack: Stack) -> Layer {
    guard case .dense(let dense)? = stack.layers.last?.operation else { return Layer(.activation) }
    let count = dense.bias?.count ?? 0
    var layer = BatchNormalization(
      mean: Tensor([Float](repeating: 0, count: count)), variance: Tensor([Float](repeating: 1, count: count)),
      scale: Tensor([Float](repeating: isLogarithm ? 1 : value, count: count)),
      offset: Tensor([Float](repeating: isLogarithm ? Float(log(Double(value))) : 0, count: count)))
    layer.epsilon = 0
    return Layer(.batchNormalization(layer))
  }

  private func fold(_ stack: Stack, _ joined: [Float]) -> Stack {
    var result = Stack(stack.layers.map(fold))
    if joined.isEmpty { return result }
    if case .dense(let dense)? = stack.layers.first?.operation {
      result.layers[0].operation = .dense(fold(dense, joined + dense.covariates.flatMap(numbers)))
    } else {
      // No weights: the covariates themselves, behind what is there.
      result.layers.insert(Layer(.concatenation([Stack(), constant(joined)])), at: 0)
    }
    return result
  }

  private func constant(_ values: [Float]) -> Stack {
    Stack([
      Layer(
        .dense(
          Dense(
            weight: Tensor(
              shape: [values.count, inputsOfConstant],
              values: Array(repeating: 0, count: values.count * inputsOfConstant)),
            layout: .weight, bias: Tensor(values))))
    ])
  }

  /// What a stack whose first layer isn't fully connected is given in these tests.
  var inputsOfConstant = 2

  private func fold(_ layer: Layer) -> Layer {
    var result = layer
    switch layer.operation {
    case .dense(let dense): result.operation = .dense(fold(dense, dense.covariates.flatMap(numbers)))
    case .residual(let body, let shortcut):
      result.operation = .residual(body: fold(body, []), shortcut: fold(shortcut, []))
    case .concatenation(let branches): result.operation = .concatenation(branches.map { fold($0, []) })
    case .product(let factors): result.operation = .product(factors.map { fold($0, []) })
    default: break
    }
    return result
  }

  /// The last columns of the weights go into the bias.
  private func fold(_ dense: Dense, _ known: [Float]) -> Dense {
    if known.isEmpty { return dense }
    let isKernel = dense.layout == .kernel
    let width = dense.weight.shape[isKernel ? 0 : 1]
    let outputs = dense.weight.shape[isKernel ? 1 : 0]
    let inputs = width - known.count
    func weight(_ output: Int, _ input: Int) -> Float {
      dense.weight.values[isKernel ? input * outputs + output : output * width + input]
    }
    var result = Dense(
      weight: Tensor(
        rows: outputs, columns: inputs, (0..<outputs * inputs).map { weight($0 / inputs, $0 % inputs) }),
      layout: .weight)
    result.bias = Tensor(
      (0..<outputs).map { output in
        Float(
          known.indices.reduce(Double(dense.bias?.values[output] ?? 0)) {
            $0 + Double(known[$1]) * Double(weight(output, inputs + $1))
          })
      })
    return result
  }
}
