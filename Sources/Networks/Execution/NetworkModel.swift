import CKernels
public import Models

/// A latent-variable model made of networks, compiled and ready to be evaluated by any number of workers.
///
/// The recognition network q(z|x), the generative network p(x|z) and the prior, with any number of stochastic layers.
/// Networks compute in single precision; log-densities are summed in Double.
public struct NetworkModel: Sendable {
  /// What the networks compute: shapes, order, and cost.
  public let plan: NetworkPlan
  /// The instructions it runs on.
  public let instructionSet: InstructionSet

  var encoders: [CompiledConditional]
  var decoders: [CompiledConditional]
  var prior: CompiledPrior
  /// Whether what covariates decide is worked out, for one example.
  var isBound = false
  /// Latents that are held at a value and left out of q and p.
  public private(set) var held: HeldLatents?
  /// The rows of each layer that are not held, as runs.
  private(set) var freeRuns: [[Range<Int>]]

  var k: ck_kernels { instructionSet.kernels }

  /// Compiles a model.
  ///
  /// - Throws: `InvalidModel` with every problem found, each with its path in the model file.
  public init(_ description: ModelDescription, instructionSet: InstructionSet = .best) throws(InvalidModel) {
    self.init(try ModelPlan(description).validated(), instructionSet: instructionSet)
  }

  /// Compiles a planned model: packs its weights, and runs a VampPrior's pseudo-inputs through the encoder.
  public init(_ plan: NetworkPlan, instructionSet: InstructionSet = .best) {
    let compiler = Compiler(dataFormat: plan.description.dataFormat)
    self.plan = plan
    self.instructionSet = instructionSet
    encoders = plan.encoders.map { compiler.compile($0) }
    decoders = plan.decoders.map { compiler.compile($0) }
    // By category, that of the first: it is compiled anew for an example.
    prior = compiler.compile(
      plan.description.prior.part { _ in 0 }, units: plan.latentCounts.last ?? 0, encoder: encoders[0],
      instructionSet.kernels)
    freeRuns = plan.latentCounts.map { [0..<$0] }
  }

  /// What the model was made from.
  public var description: ModelDescription { plan.description }
  /// Latents in each stochastic layer: z₁ first.
  public var latentCounts: [Int] { plan.latentCounts }
  /// Elements of one example.
  public var inputCount: Int { plan.inputCount }
  /// The family of p(x | z₁).
  public var likelihood: Distribution { plan.likelihood }

  var samplingOrder: [Int] { plan.samplingOrder }
  var isAmortized: [Bool] { plan.isAmortized }
  var hasClosedForm: [Bool] { plan.hasClosedForm }

  /// The same network with some latents held at fixed values and left out of both q and p (an ablation).
  ///
  /// - Throws: `InvalidModel` where a layer with held latents has a full-normal posterior or a flow, whose dimensions
  ///   don't part, or where `held` has other layers or units than the network.
  public func holding(_ held: HeldLatents) throws(InvalidModel) -> NetworkModel {
    var copy = self
    guard held.values.map(\.count) == latentCounts else {
      throw InvalidModel(problems: [
        ModelProblem(
          path: "/encoder",
          "expected held latents for layers of \(latentCounts) units, found \(held.values.map(\.count))")
      ])
    }
    for (layer, values) in held.values.enumerated() where values.contains(where: { $0 != nil }) {
      let partners = [encoders[layer]] + (layer + 1 < decoders.count ? [decoders[layer + 1]] : [])
      if partners.contains(where: { $0.distribution == .fullNormal }) || !description.encoders[layer].flow.isEmpty {
        throw InvalidModel(problems: [
          ModelProblem(
            path: "/encoder/\(layer + 1)", "latents of a full-normal or a flow can't be held one by one")
        ])
      }
    }
    copy.held = held
    copy.freeRuns = held.values.map { values in
      var runs: [Range<Int>] = []
      for (unit, value) in values.enumerated() where value == nil {
        if let last = runs.last, last.upperBound == unit {
          runs[runs.count - 1] = last.lowerBound..<unit + 1
        } else {
          runs.append(unit..<unit + 1)
        }
      }
      return runs
    }
    return copy
  }
}

/// Values at which latents are held, by layer (z₁ first) and unit; nil for a latent that stays free.
public struct HeldLatents: Sendable, Equatable {
  /// One entry a layer and unit.
  public var values: [[Float?]]

  /// Holds the latents whose entry is not nil.
  public init(values: [[Float?]]) { self.values = values }
}
