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
  var trunk: Program
  var parameters: [CompiledParameter]
  /// Steps applied to the sample of a posterior, in order.
  var flow: [CompiledFlowStep]
  /// Of constants that are there for each category, by slot: the table. The compiled parameter is that of an example.
  let tables: [Int: ConstantTable]
  /// What the mean is multiplied by, at an example.
  let exposure: ExposurePlan?
  /// Of a negative binomial, what is added inside logarithms.
  let epsilon: Double

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
}

/// One constant for each category of a covariate.
struct ConstantTable: Sendable {
  let tensor: Tensor
  /// The category's columns among what is known of an example.
  let columns: Range<Int>
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
  func compile(_ plan: ConditionalPlan) -> CompiledConditional {
    CompiledConditional(
      distribution: plan.distribution, density: plan.density, given: plan.given, size: plan.size,
      components: plan.components, bins: plan.bins, trunk: compile(plan.trunk),
      parameters: plan.parameters.map { parameter in
        let form = parameter.name.form.kernelForm
        return switch parameter.source {
        case .constant(let tensor):
          .constant(AlignedBuffer(tensor.values), rowStep: tensor.count == 1 ? 0 : 1, form: form)
        case .table(let tensor, let columns):
          .constant(
            AlignedBuffer(count: tensor.count / columns.count), rowStep: tensor.count == columns.count ? 0 : 1,
            form: form)
        case .stack(let stack):
          .program(
            compile(stack, isNormalized: parameter.isFirst(of: plan) && plan.exposure?.isNormalized == true), form: form
          )
        }
      },
      flow: plan.flow.map { compile($0) },
      tables: Dictionary(
        plan.parameters.enumerated().compactMap { slot, parameter in
          guard case .table(let tensor, let columns) = parameter.source else { return nil }
          return (slot, ConstantTable(tensor: tensor, columns: columns))
        }, uniquingKeysWith: { first, _ in first }),
      exposure: plan.exposure, epsilon: plan.epsilon)
  }
}

extension ParameterPlan {
  /// Whether it is what the density takes first.
  fileprivate func isFirst(of plan: ConditionalPlan) -> Bool { plan.parameters.first?.name == name }
}

extension ConditionalPlan {
  /// The density of the variable under its parameters; full normals are evaluated through their noise.
  fileprivate var density: ck_density {
    switch distribution {
    case .normal: CK_NORMAL
    case .fullNormal: CK_STANDARD_NORMAL
    case .laplace: CK_LAPLACE
    case .bernoulli: hasLogits ? CK_BERNOULLI_LOGITS : CK_BERNOULLI_PROBABILITIES
    case .continuousBernoulli:
      hasLogits ? CK_CONTINUOUS_BERNOULLI_LOGITS : CK_CONTINUOUS_BERNOULLI_PROBABILITIES
    case .categorical: CK_CATEGORICAL
    case .discretizedLogistic: CK_DISCRETIZED_LOGISTIC
    case .logisticMixture: CK_LOGISTIC_MIXTURE
    case .beta: CK_BETA
    case .poisson: CK_POISSON
    case .negativeBinomial: CK_NEGATIVE_BINOMIAL
    case .zeroInflatedNegativeBinomial: CK_ZERO_INFLATED_NEGATIVE_BINOMIAL
    }
  }

  private var hasLogits: Bool { parameters.contains { $0.name == .logits } }
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
