/// What an estimator says of data whose answer is bracketed: examples simulated from the model, for each of which the latents
/// that it was made with are an exact draw of the posterior (Grosse, Ghahramani, Adams 2015; Wu, Burda, Salakhutdinov,
/// Grosse 2017).
///
///     let summary = try ModelCheck(simulated: 200).run(AnnealedImportanceSampling(), under: model)
///     print(summary.interval, summary.gap.mean)
public struct ModelCheck: Sendable {
  /// How many examples are simulated.
  public var simulated: Int

  /// A check on `simulated` examples.
  public init(simulated: Int = 200) { self.simulated = simulated }

  /// Brackets the log-likelihood of the simulated examples: a function of model, estimator and the seed of `options`.
  ///
  /// `observe` is called for each bracket, in order; what it throws ends the check.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model can't be simulated from, has no gradients, or doesn't tell the
  ///   noise of given latents; `invalidSetting` for less than one example.
  public func run<E: BracketingEstimator>(
    _ estimator: E, under model: some LatentVariableModel, options: Evaluation = Evaluation(),
    observe: (_ index: Int, _ bracket: Bracket) throws -> Void = { _, _ in }
  ) throws -> BracketSummary where E.Accumulator == LogLikelihoodAccumulator {
    guard simulated > 0 else {
      throw EvidenceError(.invalidSetting, "simulated examples: expected at least 1, found \(simulated)")
    }
    let ready = try estimator.prepared(for: model, options: options)
    let examples = try SimulatedExamples(
      from: model, count: simulated, seed: options.seed, for: "a check", number: ReservedExamples.checking)
    var options = options
    options.examples = nil
    return try options.run(
      BracketEstimator(base: ready, simulated: examples), under: model, on: examples.dataset, observe: observe)
  }
}

/// Brackets simulated examples.
struct BracketEstimator<Base: BracketingEstimator>: Estimator where Base.Accumulator == LogLikelihoodAccumulator {
  let base: Base
  let simulated: SimulatedExamples

  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Bracket {
    let bracket = try base.bracket(
      simulated.example(example), planted: Array(simulated.latents(of: example.index)), under: model, scratch: &scratch)
    return Bracket(lower: bracket.lower, upper: bracket.upper)
  }

  func makeAccumulator() throws -> BracketAccumulator { BracketAccumulator(try base.makeAccumulator()) }
}
