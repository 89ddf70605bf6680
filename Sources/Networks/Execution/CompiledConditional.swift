import CKernels
import Models

/// A conditional distribution compiled for lane matrices.
struct CompiledConditional: Sendable {
  let distribution: Distribution
  let density: ck_density
  let given: [Int]
  /// Elements of the variable.
  let size: Int
  /// Classes or mixture components for each element.
  let components: Int
  let bins: Int
  let trunk: Program
  let parameters: [CompiledParameter]
  /// Steps applied to the sample of a posterior, in order.
  var flow: [CompiledFlowStep] = []

  /// Rows of a parameter's matrix.
  func rows(ofParameter slot: Int) -> Int {
    distribution == .fullNormal && slot == 1 ? size * size : size * components
  }

  /// Rows of what the conditional is fed with.
  var inputRows: Int { trunk.inputRows }

  var programs: [Program] { [trunk] + parameters.compactMap(\.program) }

  /// Rows of arena that evaluating every parameter takes, and those of them that its results keep.
  var arenaRows: Int { ownedRows + (programs.map(\.scratchRows).max() ?? 0) }
  var ownedRows: Int { programs.reduce(0) { $0 + $1.ownedRows } }

  /// Multiply-adds of every parameter for one lane.
  var multiplyAdds: Int { programs.reduce(0) { $0 + $1.multiplyAdds } }
}

/// A parameter: the same numbers always, or a program's output.
enum CompiledParameter: Sendable {
  case constant(AlignedBuffer, rowStep: Int, form: ck_form)
  case program(Program, form: ck_form)

  var program: Program? {
    if case .program(let program, _) = self { program } else { nil }
  }

  var form: ck_form {
    switch self {
    case .constant(_, _, let form), .program(_, let form): form
    }
  }
}

extension CompiledConditional {
  /// The parameters for each lane of `input`, as matrices in the arena or as constants.
  func evaluate(_ input: Lanes, arena: inout Arena, _ k: ck_kernels) -> [ck_operand] {
    let hidden = trunk.run(input, arena: &arena, k)
    return parameters.map { parameter in
      switch parameter {
      case .constant(let buffer, let rowStep, let form):
        ck_operand(data: buffer.pointer, row_step: rowStep, lane_step: 0, form: form)
      case .program(let program, let form):
        program.run(hidden, arena: &arena, k).operand(form)
      }
    }
  }
}

extension Compiler {
  /// Compiles a conditional whose input has the given shape; `size` is the variable's element count where it is known
  /// (for a posterior, the mean decides).
  mutating func compile(_ conditional: Conditional, input: [Int], size known: Int?, path: String)
    -> CompiledConditional?
  {
    let conditional = conditional.readingSigmoidsAsLogits()
    var trunk = Program(inputShape: input)
    if let stack = conditional.trunk {
      guard let compiled = compile(stack, input: input, path: path + "/trunk") else { return nil }
      trunk = compiled
    }
    var compiled: [CompiledParameter] = []
    var counts: [(name: ParameterName, count: Int)] = []
    for alternatives in conditional.distribution.parameters {
      let names = alternatives.filter { conditional.parameters[$0] != nil }
      guard names.count == 1, let name = names.first, let parameter = conditional.parameters[name] else {
        let expected = alternatives.map(\.rawValue).joined(separator: ", ")
        let found = names.isEmpty ? "none" : names.map(\.rawValue).joined(separator: ", ")
        report(path, "\(conditional.distribution.rawValue) takes exactly one of \(expected); found \(found)")
        return nil
      }
      switch parameter {
      case .constant(let tensor):
        counts.append((name, tensor.count))
        compiled.append(
          .constant(AlignedBuffer(tensor.values), rowStep: tensor.count == 1 ? 0 : 1, form: name.form.kernelForm))
      case .stack(let stack):
        guard let program = compile(stack, input: trunk.shape, path: "\(path)/\(name.rawValue)") else { return nil }
        counts.append((name, program.outputRows))
        compiled.append(.program(program, form: name.form.kernelForm))
      }
    }
    guard let first = counts.first else { return nil }
    let size = known ?? first.count
    guard size > 0 else {
      report("\(path)/\(first.name.rawValue)", "expected at least one element, found none")
      return nil
    }
    let hasComponents = conditional.distribution == .categorical || conditional.distribution == .logisticMixture
    var components = 1
    if hasComponents {
      guard first.count % size == 0, first.count > 0 else {
        report("\(path)/\(first.name.rawValue)", "expected a multiple of \(size) elements, found \(first.count)")
        return nil
      }
      components = first.count / size
    }
    for (slot, (name, count)) in counts.enumerated() {
      let expected = conditional.distribution == .fullNormal && slot == 1 ? size * size : size * components
      let isScalar = count == 1 && compiled[slot].program == nil && name != .scaleTril
      guard count == expected || isScalar else {
        report("\(path)/\(name.rawValue)", "expected \(expected) elements, found \(count)")
        return nil
      }
    }
    return CompiledConditional(
      distribution: conditional.distribution, density: conditional.density, given: conditional.given, size: size,
      components: components, bins: conditional.bins, trunk: trunk, parameters: compiled)
  }
}

extension Conditional {
  /// The density of the variable under its parameters; full normals are evaluated through their noise.
  fileprivate var density: ck_density {
    switch distribution {
    case .normal: CK_NORMAL
    case .fullNormal: CK_STANDARD_NORMAL
    case .laplace: CK_LAPLACE
    case .bernoulli: parameters[.logits] != nil ? CK_BERNOULLI_LOGITS : CK_BERNOULLI_PROBABILITIES
    case .continuousBernoulli:
      parameters[.logits] != nil ? CK_CONTINUOUS_BERNOULLI_LOGITS : CK_CONTINUOUS_BERNOULLI_PROBABILITIES
    case .categorical: CK_CATEGORICAL
    case .discretizedLogistic: CK_DISCRETIZED_LOGISTIC
    case .logisticMixture: CK_LOGISTIC_MIXTURE
    case .beta: CK_BETA
    case .poisson: CK_POISSON
    case .negativeBinomial: CK_NEGATIVE_BINOMIAL
    case .zeroInflatedNegativeBinomial: CK_ZERO_INFLATED_NEGATIVE_BINOMIAL
    }
  }

  /// Probabilities out of a final sigmoid become logits, so that nothing is clamped and no tail is lost.
  fileprivate func readingSigmoidsAsLogits() -> Conditional {
    guard distribution == .bernoulli || distribution == .continuousBernoulli, parameters[.logits] == nil,
      case .stack(var stack)? = parameters[.probabilities]
    else { return self }
    var result = self
    switch stack.dropFinalSigmoid() {
    case .dropped: break
    case .other: return self
    case .none:
      guard var trunk, trunk.dropFinalSigmoid() == .dropped else { return self }
      result.trunk = trunk
    }
    result.parameters = [.logits: .stack(stack)]
    return result
  }
}

extension Stack {
  fileprivate enum FinalActivation { case dropped, other, none }

  /// Drops a sigmoid after which elements are only moved. None: the stack does nothing but move elements.
  fileprivate mutating func dropFinalSigmoid() -> FinalActivation {
    for index in layers.indices.reversed() {
      if layers[index].activation == .sigmoid {
        layers[index].activation = .identity
        return .dropped
      }
      guard layers[index].activation == .identity, layers[index].operation.onlyMovesElements else { return .other }
    }
    return .none
  }
}

extension Layer.Operation {
  /// Whether every output element is one of the input's, so that an elementwise function before it could follow it.
  fileprivate var onlyMovesElements: Bool {
    switch self {
    case .activation, .flatten, .reshape, .crop: true
    case .upsampling(let layer): layer.mode == .nearest
    default: false
    }
  }
}

extension ParameterForm {
  var kernelForm: ck_form {
    switch self {
    case .direct: CK_DIRECT
    case .logarithm: CK_LOG
    case .square: CK_SQUARE
    case .logarithmOfSquare: CK_LOG_SQUARE
    }
  }
}
