import CKernels
import Models

/// A worker's copy of a network for one example at a time: a network that is given covariates is, at one example, one that is
/// given none, with other biases and constants. Whatever it does for a draw costs what it costs without covariates.
final class Binding {
  private(set) var encoders: [CompiledConditional]
  private(set) var decoders: [CompiledConditional]
  private(set) var prior: CompiledPrior
  /// What is written anew for an example.
  private var writers: [(UnsafePointer<Float>) -> Void] = []
  /// The numbers known of the example that is bound.
  private let values: AlignedBuffer
  private var isBound = false
  private let plan: NetworkPlan
  private let k: ck_kernels

  init(_ network: NetworkModel) {
    plan = network.plan
    k = network.k
    values = AlignedBuffer(count: plan.covariates.width)
    prior = network.prior
    encoders = []
    decoders = []
    encoders = network.encoders.map(own)
    decoders = network.decoders.map(own)
  }

  /// Makes the copy that of an example.
  func bind(_ covariates: UnsafePointer<Float>) {
    let width = values.count
    if isBound, (0..<width).allSatisfy({ values.pointer[$0] == covariates[$0] }) { return }
    values.pointer.update(from: covariates, count: width)
    for write in writers { write(covariates) }
    if plan.description.prior.isByCategory {
      let compiler = Compiler(dataFormat: plan.description.dataFormat)
      prior = compiler.compile(
        plan.description.prior.part { Self.category(plan.covariates.columns($0), covariates) },
        units: plan.latentCounts.last ?? 0, encoder: encoders[0], k)
    }
    isBound = true
  }

  /// The number of the category among columns of which one is 1.
  private static func category(_ columns: Range<Int>?, _ covariates: UnsafePointer<Float>) -> Int {
    columns?.firstIndex { covariates[$0] == 1 }.map { $0 - (columns?.lowerBound ?? 0) } ?? 0
  }

  private func own(_ conditional: CompiledConditional) -> CompiledConditional {
    var result = conditional
    result.trunk = own(conditional.trunk)
    result.flow = conditional.flow.map { step in
      guard case .affine(let kept, let changed, let shift, let logScale) = step else { return step }
      return .affine(kept: kept, changed: changed, shift: own(shift), logScale: own(logScale))
    }
    result.parameters = conditional.parameters.enumerated().map { slot, parameter in
      switch parameter {
      case .program(let program, let form):
        var program = own(program)
        if slot == 0, let exposure = conditional.exposure {
          append(exposure, to: &program, isLogarithm: form == CK_LOG)
        }
        return .program(program, form: form)
      case .constant(_, let rowStep, let form):
        guard let table = conditional.tables[slot] else { return parameter }
        let part = table.tensor.count / table.columns.count
        let buffer = AlignedBuffer(count: part)
        writers.append { covariates in
          let first = Self.category(table.columns, covariates) * part
          for element in 0..<part { buffer.pointer[element] = table.tensor.values[first + element] }
        }
        return .constant(buffer, rowStep: rowStep, form: form)
      }
    }
    return result
  }

  private func own(_ program: Program) -> Program {
    program.replacingDense { step in
      guard let columns = step.columns else { return step }
      let own = step.withOwnWeights()
      writers.append { columns.fold($0, into: own.packed.pointer, inputs: own.packedInputs) }
      return own
    }
  }

  /// Multiplies a mean by the exposure, or adds its logarithm. Where means are shares of a whole, the exposure is the whole.
  private func append(_ exposure: ExposurePlan, to program: inout Program, isLogarithm: Bool) {
    if case .logSoftmax? = program.steps.last {
      let level = AlignedBuffer(count: 1)
      program.replaceLast(.logSoftmax(level: level))
      return writers.append { level.pointer[0] = Float(Double($0[exposure.column]).logarithm) }
    }
    let rows = program.outputRows
    let scale = AlignedBuffer([Float](repeating: 1, count: rows))
    let offset = AlignedBuffer(count: rows)
    program.append(Elementwise.affine(scale: scale, offset: offset))
    writers.append { covariates in
      let value = covariates[exposure.column]
      if isLogarithm {
        offset.pointer.update(repeating: Float(Double(value).logarithm), count: rows)
      } else {
        scale.pointer.update(repeating: value, count: rows)
      }
    }
  }
}

extension Prior {
  /// Whether a tensor of it is there for each category of a covariate.
  var isByCategory: Bool { parameters(at: "").contains { $0.tensor.by != nil } }

  /// The prior of one category of each covariate.
  func part(_ category: (String) -> Int) -> Prior {
    func part(_ tensor: Tensor) -> Tensor {
      guard let name = tensor.by, let count = tensor.shape.first else { return tensor }
      let size = tensor.count / count
      let first = category(name) * size
      return Tensor(shape: Array(tensor.shape.dropFirst()), values: Array(tensor.values[first..<first + size]))
    }
    switch self {
    case .standardNormal, .vampPrior: return self
    case .normal(let mean, let name, let scale):
      return .normal(mean: part(mean), scaleName: name, scale: part(scale))
    case .normalMixture(let logits, let mean, let name, let scale):
      return .normalMixture(logits: logits.map(part), mean: part(mean), scaleName: name, scale: part(scale))
    }
  }
}

extension NetworkModel {
  /// The network at an example of the batch; nil where the network is the same at all of them, or is one of these already.
  func bound(to position: Int, in workspace: Workspace) -> NetworkModel? {
    guard !isBound, let binding = workspace.binding else { return nil }
    precondition(position < workspace.batchCount, "no such example in the batch")
    binding.bind(workspace.covariates.pointer + position * plan.covariates.width)
    return binding.applied(to: self)
  }
}

extension Binding {
  /// A network with this copy's conditionals.
  func applied(to network: NetworkModel) -> NetworkModel {
    var result = network
    (result.encoders, result.decoders, result.prior) = (encoders, decoders, prior)
    result.isBound = true
    return result
  }
}
