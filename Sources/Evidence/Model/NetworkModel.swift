import Models
public import Networks

extension NetworkModel: PosteriorModel {
  /// Draws that keep the networks' intermediate results in cache.
  public var drawsAtOnce: Int { preferredDraws }

  /// The values that the model's likelihood is defined for.
  public var support: Support {
    switch likelihood {
    case .normal, .fullNormal, .laplace: .reals
    case .bernoulli, .continuousBernoulli, .discretizedLogistic, .logisticMixture: .unitInterval
    case .beta: .openUnitInterval
    case .categorical: plan.isOneHot ? .oneHot : .classes(plan.likelihoodComponents)
    case .poisson, .negativeBinomial, .zeroInflatedNegativeBinomial: .counts
    }
  }

  /// What the model is given of each example besides x.
  public var covariates: CovariateLayout { plan.covariates }

  /// The decoder's distribution.
  public var elementLikelihood: ElementLikelihood? {
    ElementLikelihood(likelihood, bins: description.decoders.first?.bins ?? 256, isOneHot: plan.isOneHot)
  }

  /// Whether the model looks untrained, or its logits like probabilities.
  public var concerns: [Concern] { description.concerns }

  /// A worker's memory.
  public func makeScratch(examples: Int) -> Workspace { makeWorkspace(examples: examples) }

  /// Runs the posteriors that depend on x alone, for the whole batch.
  public func encode(_ batch: ExampleBatch, scratch: inout Workspace) throws {
    if plan.isOneHot { try requireOneHot(batch) }
    try requireCovariates(batch)
    batch.values.withUnsafeBufferPointer { values in
      batch.covariates.withUnsafeBufferPointer { known in
        encode(values, covariates: known.isEmpty ? nil : known, count: batch.count, in: scratch)
      }
    }
  }

  /// Refuses examples with runs of the last axis that have not one 1.
  private func requireOneHot(_ batch: ExampleBatch) throws {
    let classes = plan.likelihoodComponents
    for run in 0..<batch.values.count / classes {
      let sum = batch.values[run * classes..<(run + 1) * classes].reduce(0, +)
      guard sum != 1 else { continue }
      let runs = inputCount / classes
      throw EvidenceError(
        .invalidData,
        "example \(batch.indices.lowerBound + run / runs): run \(run % runs) of \(classes) elements sums to \(sum); one-hot data "
          + "have one 1 in each; numbers of classes go with logits [\(inputCount), classes]")
    }
  }

  /// Log-weights of a chunk of draws.
  public func logWeights(
    of example: Example, draws: Range<Int>, scratch: inout Workspace, into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    try terms(.sampled, of: example, draws: draws, scratch: scratch, into: result)
  }

  /// Log-weights with divergences in closed form where there is one.
  public func evidenceTerms(
    of example: Example, draws: Range<Int>, scratch: inout Workspace, into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    try terms(.closedForm, of: example, draws: draws, scratch: scratch, into: result)
  }

  /// Posterior moments and divergences of every unit.
  public func posteriors(of example: Example, draws: Range<Int>, scratch: inout Workspace) throws -> [LayerPosterior] {
    do {
      return try posteriors(position: example.position, key: example.key, draws: draws, in: scratch)
    } catch {
      throw invalid(error, example)
    }
  }

  private func terms(
    _ terms: NetworkModel.Terms, of example: Example, draws: Range<Int>, scratch: Workspace,
    into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    guard draws.upperBound <= RandomNumbers.largestDrawCount else {
      throw EvidenceError(
        .invalidSetting,
        "draw \(draws.upperBound - 1): the generator has \(RandomNumbers.largestDrawCount) different draws for an example"
      )
    }
    do {
      try logWeights(
        position: example.position, key: example.key, draws: draws, terms: terms, in: scratch, into: result)
    } catch {
      throw invalid(error, example)
    }
  }

  func invalid(_ error: InvalidParameter, _ example: Example) -> EvidenceError {
    EvidenceError(.invalidModel, "\(error.path): \(error.message), at example \(example.index)")
  }
}
