import CKernels
import Models

/// A latent-variable model made of networks, compiled and ready to be evaluated by any number of workers.
///
/// The recognition network q(z|x), the generative network p(x|z) and the prior, with any number of stochastic layers.
/// Networks compute in single precision; log-densities are summed in Double.
public struct Network: Sendable {
  /// What the network was made from.
  public let description: ModelDescription
  /// The instructions it runs on.
  public let instructionSet: InstructionSet
  /// Latents in each stochastic layer: z₁ first.
  public let latentCounts: [Int]
  /// Elements of one example.
  public let inputCount: Int

  let encoders: [CompiledConditional]
  let decoders: [CompiledConditional]
  let prior: CompiledPrior
  /// Layers (from 0) in the order in which their posteriors can be sampled.
  let samplingOrder: [Int]
  /// Whether layer l's posterior depends on x alone, and is computed once for an example.
  let isAmortized: [Bool]
  /// Whether layer l's terms of the log-weight have a closed form given the other layers.
  let hasClosedForm: [Bool]
  /// Latents that are held at a value and left out of q and p.
  public private(set) var held: HeldLatents?
  /// The rows of each layer that are not held, as runs.
  private(set) var freeRuns: [[Range<Int>]]

  var k: ck_kernels { instructionSet.kernels }

  /// Compiles a model.
  ///
  /// - Throws: `InvalidModel` with every problem found, each with its path in the model file.
  public init(_ description: ModelDescription, instructionSet: InstructionSet = .best) throws(InvalidModel) {
    var compiler = Compiler(dataFormat: description.dataFormat)
    guard let parts = compiler.compile(description, instructionSet.kernels), compiler.problems.isEmpty else {
      throw InvalidModel(problems: compiler.problems)
    }
    self.description = description
    self.instructionSet = instructionSet
    inputCount = description.input.shape.reduce(1, *)
    encoders = parts.encoders
    decoders = parts.decoders
    prior = parts.prior
    samplingOrder = parts.samplingOrder
    latentCounts = encoders.map(\.size)
    isAmortized = encoders.map { $0.given.allSatisfy { $0 == 0 } }
    hasClosedForm = closedForms(description, order: parts.samplingOrder)
    freeRuns = latentCounts.map { [0..<$0] }
  }

  /// The same network with some latents held at fixed values and left out of both q and p (an ablation).
  ///
  /// - Throws: `InvalidModel` where a layer with held latents has a full-normal posterior or a flow, whose dimensions
  ///   don't part, or where `held` has other layers or units than the network.
  public func holding(_ held: HeldLatents) throws(InvalidModel) -> Network {
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

  /// Multiply-adds for one draw: everything that is not computed once for an example.
  public var multiplyAddsPerDraw: Int {
    decoders.reduce(0) { $0 + $1.multiplyAdds }
      + zip(encoders, isAmortized).reduce(0) { $0 + ($1.1 ? 0 : $1.0.multiplyAdds) }
      + encoders.reduce(0) { $0 + $1.flow.reduce(0) { $0 + $1.multiplyAdds } }
  }

  /// Multiply-adds for one example, whatever the number of draws.
  public var multiplyAddsPerExample: Int {
    zip(encoders, isAmortized).reduce(0) { $0 + ($1.1 ? $1.0.multiplyAdds : 0) }
  }

  /// The family of p(x | z₁).
  public var likelihood: Distribution { decoders[0].distribution }
}

/// A model that can't be evaluated, with every reason.
public struct InvalidModel: Error, Sendable, CustomStringConvertible {
  /// What is wrong, and where.
  public var problems: [ModelProblem]

  /// The problems, one a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Values at which latents are held, by layer (z₁ first) and unit; nil for a latent that stays free.
public struct HeldLatents: Sendable, Equatable {
  /// One entry a layer and unit.
  public var values: [[Float?]]

  /// Holds the latents whose entry is not nil.
  public init(values: [[Float?]]) { self.values = values }
}

extension ModelDescription {
  /// Every problem of shape or structure, each with its path in the model file; empty when the model can be evaluated.
  public func problems() -> [ModelProblem] {
    var compiler = Compiler(dataFormat: dataFormat)
    _ = compiler.compile(self, InstructionSet.best.kernels)
    return compiler.problems
  }

  /// The output shape of each layer by its path in the model file, as far as it can be told: past a problem it can't.
  ///
  /// A stack of probabilities that is read as logits is found under `logits`.
  public func layerShapes() -> [String: [Int]] {
    var compiler = Compiler(dataFormat: dataFormat)
    _ = compiler.compile(self, InstructionSet.best.kernels)
    return compiler.layerShapes
  }
}

extension Network {
  /// Classes of a categorical likelihood, or components of a mixture; otherwise 1.
  public var likelihoodComponents: Int { decoders[0].components }
}
