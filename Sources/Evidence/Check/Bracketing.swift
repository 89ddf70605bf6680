import Networks
import Statistics

extension ImportanceSampling: BracketingEstimator {
  /// L_K, and L_K with the last draw replaced by the planted one.
  public func bracket<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double) {
    let planted = try scratch.logWeight(of: latents, example: example, under: model)
    var weights = WeightDiagnostics(samples: samples)
    var others = LogSumExp()
    var draw = 0
    try scratch.forEachChunk(of: example, under: model, samples: samples) { chunk in
      weights.add(chunk)
      for index in chunk.indices {
        draw += 1
        others.add(draw == samples ? planted : chunk[index])
      }
    }
    return (weights.measurement(of: example), others.logMean)
  }
}

extension LaplaceImportanceSampling: BracketingEstimator {
  /// The estimate, and the same with a draw replaced by the planted one: the last of a component that is drawn by its
  /// responsibility for the place, for this is how a draw of the posterior comes about in a deterministic mixture.
  public func bracket<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double) {
    let place = try scratch.noise(of: latents, example: example, under: model)
    return try scratch.withNoise(of: example, under: model, for: "Laplace importance sampling") { space in
      let proposal = try LaplaceProposal.piloted(PosteriorModes.find(in: space), samples: samples, in: space)
      return (try measure(proposal, in: space), try upper(proposal, planted: place, in: space))
    }
  }

  private func upper(_ proposal: LaplaceProposal, planted place: [Float], in space: NoiseSpace) throws -> Double {
    let draws = LaplaceDraws(proposal, samples: samples, in: space)
    let planted = try draws.evaluate(at: place)
    let component = space.choose(planted.responsibilities)
    var rest = proposal.counts[component]
    var sum = LogSumExp()
    try draws.forEach { own, logWeight in
      if own == component { rest -= 1 }
      sum.add(own == component && rest == 0 ? planted.logWeight : logWeight)
    }
    return sum.logMean
  }
}

extension AnnealedImportanceSampling: BracketingEstimator {
  /// The estimate, and the same with one chain replaced by one that runs backwards from the planted place.
  public func bracket<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double) {
    let place = try scratch.noise(of: latents, example: example, under: model)
    return try scratch.withNoise(of: example, under: model, for: "annealed importance sampling") { space in
      let run = try run(PosteriorModes.find(in: space), in: space)
      return (run.measurement, try run.upper(planted: place))
    }
  }
}
