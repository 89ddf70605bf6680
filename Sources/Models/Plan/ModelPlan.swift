/// A model read through before anything is computed: its problems, the shape after each layer, and, where there are no
/// problems, everything that is needed to evaluate it.
///
/// Making a plan packs no weights and runs nothing, so that it is the way to validate a model, to list it, and to walk
/// its parameters.
public struct ModelPlan: Sendable {
  /// What was planned.
  public let description: ModelDescription
  /// Everything that keeps the model from being evaluated, each with its path in the model file; empty when it can be.
  public let problems: [ModelProblem]
  /// What the model computes; nil where there are problems.
  public let network: NetworkPlan?
  /// The output shape of each layer by its path in the model file, as far as it can be told: past a problem it can't.
  public let layerShapes: [String: [Int]]

  /// Plans a model. Problems don't throw: they are listed.
  public init(_ description: ModelDescription) {
    var planner = Planner(dataFormat: description.dataFormat)
    planner.layout = description.covariateLayout
    let network = planner.plan(description)
    self.description = description
    problems = planner.problems
    layerShapes = planner.layerShapes
    self.network = problems.isEmpty ? network : nil
  }

  /// What the model computes.
  ///
  /// - Throws: `InvalidModel` with every problem.
  public func validated() throws(InvalidModel) -> NetworkPlan {
    guard let network else { throw InvalidModel(problems: problems) }
    return network
  }
}

/// What a model without problems computes: its conditionals with the shapes of every layer, and in which order.
public struct NetworkPlan: Sendable {
  /// What was planned.
  public let description: ModelDescription
  /// Elements of one example.
  public let inputCount: Int
  /// Latents in each stochastic layer: z₁ first.
  public let latentCounts: [Int]
  /// q(z_l | …), z₁ first.
  package let encoders: [ConditionalPlan]
  /// p(z_{l−1} | …), p(x | …) first.
  package let decoders: [ConditionalPlan]
  /// Layers (from 0) in the order in which their posteriors can be sampled.
  package let samplingOrder: [Int]
  /// The numbers that are known of an example besides x.
  public let covariates: CovariateLayout
  /// Whether layer l's posterior depends on x (and covariates) alone, and is computed once for an example.
  package let isAmortized: [Bool]
  /// Whether layer l's terms of the log-weight have a closed form given the other layers.
  package let hasClosedForm: [Bool]

  init(
    _ description: ModelDescription, encoders: [ConditionalPlan], decoders: [ConditionalPlan], samplingOrder: [Int]
  ) {
    self.description = description
    self.encoders = encoders
    self.decoders = decoders
    self.samplingOrder = samplingOrder
    covariates = description.covariateLayout
    inputCount = description.input.shape.reduce(1, *)
    latentCounts = encoders.map(\.size)
    isAmortized = encoders.map { $0.given.allSatisfy { $0 == 0 } }
    hasClosedForm = closedForms(description, order: samplingOrder)
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

  /// Classes of a categorical likelihood, or components of a mixture; otherwise 1.
  public var likelihoodComponents: Int { decoders[0].components }

  /// Whether the likelihood is categorical and x one-hot: its last axis is the classes.
  public var isOneHot: Bool { decoders[0].isOneHot }
}

/// A model that can't be evaluated, with every reason.
public struct InvalidModel: Error, Sendable, CustomStringConvertible {
  /// What is wrong, and where.
  public let problems: [ModelProblem]

  /// A model with these problems.
  public init(problems: [ModelProblem]) { self.problems = problems }

  /// The problems, one a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
