import Models

/// A model p(x, z) with a posterior approximation q(z | x) that can be sampled.
///
/// A network read from a file is one conformer (`NetworkModel`), a linear-Gaussian model with exact answers another, a
/// model written in Swift a third. A conformer says how to encode a batch and how to write the log-weights of a chunk of
/// draws; estimators do the rest. What some estimators need besides, a model may offer by another conformance:
/// `PosteriorModel`, `DifferentiableModel`, `SimulatingModel`.
///
/// Draws must be pure functions of (seed, example index, draw index): whatever the batch, the chunk or the thread, the
/// same draw has the same log-weight to the last bit.
public protocol LatentVariableModel<Scratch>: Sendable {
  /// A worker's memory; made once, never shared.
  associatedtype Scratch

  /// Elements of one example.
  var inputCount: Int { get }
  /// Latents in each stochastic layer, z₁ (next to the data) first.
  var latentCounts: [Int] { get }
  /// The values that p(x | z) is defined for.
  var support: Support { get }
  /// What the model is given of each example besides x; nothing by default.
  var covariates: CovariateLayout { get }
  /// The most draws that one call of `logWeights` takes.
  var drawsAtOnce: Int { get }

  /// What p(x | z) is for each element, where it has a name; nil, the default, does without the safeguards that need it.
  var elementLikelihood: ElementLikelihood? { get }
  /// What the model by itself gives reason to doubt; nothing by default.
  var concerns: [Concern] { get }

  /// Memory for batches of up to `examples` examples.
  func makeScratch(examples: Int) -> Scratch

  /// Computes what depends on the data alone, for a whole batch: the recognition network.
  func encode(_ batch: ExampleBatch, scratch: inout Scratch) throws

  /// Writes log p(x, z_i) − log q(z_i | x), in nats, for the draws i of an example of the batch encoded last.
  ///
  /// `result` has one element for each of `draws`, at most `drawsAtOnce`.
  func logWeights(
    of example: Example, draws: Range<Int>, scratch: inout Scratch, into result: UnsafeMutableBufferPointer<Double>
  ) throws

  /// Like `logWeights`, with each log p(z_l) − log q(z_l) replaced by minus the Kullback–Leibler divergence where that has
  /// a closed form. The mean over draws is the evidence lower bound. By default the log-weights themselves.
  func evidenceTerms(
    of example: Example, draws: Range<Int>, scratch: inout Scratch, into result: UnsafeMutableBufferPointer<Double>
  ) throws
}

extension LatentVariableModel {
  /// Nothing: the model is one of p(x).
  public var covariates: CovariateLayout { CovariateLayout() }
  /// Nothing is known.
  public var elementLikelihood: ElementLikelihood? { nil }
  /// Nothing.
  public var concerns: [Concern] { [] }

  /// The log-weights themselves: no term has a closed form.
  public func evidenceTerms(
    of example: Example, draws: Range<Int>, scratch: inout Scratch, into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    try logWeights(of: example, draws: draws, scratch: &scratch, into: result)
  }
}
