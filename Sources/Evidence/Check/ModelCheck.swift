/// What an estimator says of data whose answer is bracketed: examples simulated from the model, for each of which the latents
/// that it was made with are an exact draw of the posterior (Grosse, Ghahramani, Adams 2015; Wu, Burda, Salakhutdinov,
/// Grosse 2017).
///
///     let summary = try ModelCheck(simulated: 200).run(AnnealedImportanceSampling(), under: model)
///     print(summary.checked.interval, summary.checked.gap.mean, summary.plain.gap.mean)
public struct ModelCheck: Sendable {
  /// How many examples are simulated.
  public var simulated: Int
  /// Draws of the importance sampling from the encoder that the estimator is set beside.
  public var plainSamples: Int

  /// A check on `simulated` examples.
  public init(simulated: Int = 200, plainSamples: Int = 5000) {
    self.simulated = simulated
    self.plainSamples = plainSamples
  }

  /// Brackets the log-likelihood of the simulated examples, or of those among them that `options.examples` names: a function
  /// of model, estimator and the seed of `options`.
  ///
  /// `restored` are rows of the first of them, from an earlier check. `observe` is called for each new row, in order; what it
  /// throws ends the check.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model can't be simulated from, has no gradients, or doesn't tell the
  ///   noise of given latents; `invalidSetting` for less than one example.
  public func run<E: BracketingEstimator>(
    _ estimator: E, under model: some LatentVariableModel, options: Evaluation = Evaluation(),
    restored: RestoredMeasurements<CheckRow> = RestoredMeasurements(),
    observe: (_ row: CheckRow) throws -> Void = { _ in }
  ) throws -> CheckSummary where E.Accumulator == LogLikelihoodAccumulator {
    guard simulated > 0 else {
      throw EvidenceError(.invalidSetting, "simulated examples: expected at least 1, found \(simulated)")
    }
    let ready = try estimator.prepared(for: model, options: options)
    let examples = try SimulatedExamples(
      from: model, count: simulated, seed: options.seed, given: options.dataOfCovariates, for: "a check",
      number: ReservedExamples.checking)
    let brackets = BracketEstimator(
      checked: ready, plain: ImportanceSampling(samples: plainSamples), simulated: examples)
    return try options.run(brackets, under: model, on: examples.dataset, restored: restored) { try observe($1) }
  }
}

/// Brackets simulated examples by an estimator, and by importance sampling from the encoder.
private struct BracketEstimator<Checked: BracketingEstimator>: Estimator
where Checked.Accumulator == LogLikelihoodAccumulator {
  let checked: Checked
  let plain: ImportanceSampling
  let simulated: SimulatedExamples

  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> CheckRow {
    let first = try bracket(checked, example, under: model, scratch: &scratch)
    let isPlain = (checked as? ImportanceSampling)?.samples == plain.samples
    let second = isPlain ? first : try bracket(plain, example, under: model, scratch: &scratch)
    return CheckRow(checked: first, plain: second)
  }

  private func bracket<Model: LatentVariableModel>(
    _ estimator: some BracketingEstimator, _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Bracket {
    var (lower, upper) = try estimator.bracket(
      simulated.example(example), planted: Array(simulated.latents(of: example.index)), under: model, scratch: &scratch)
    // Its random numbers belong to another.
    lower.index = example.index
    return Bracket(lower: lower, upper: upper)
  }

  func makeAccumulator() throws -> CheckAccumulator {
    CheckAccumulator(try checked.makeAccumulator(), try plain.makeAccumulator())
  }
}
