import EvidenceTesting
import Foundation
import Testing

@testable import Evidence

/// Laplace, annealing and the ladder give the same bits whatever the threads, the ranges, the blocks and interruptions.
@Suite struct TrustedDeterminismTests {
  let model = PlantedModes.model(2, noiseCount: 3)
  let data = Dataset((0..<12).map { Float($0) / 5 - 1 }, count: 12)

  @Test func tunedAnnealing() throws { try check(AnnealedImportanceSampling(chains: 8, leapfrogs: 2)) }
  @Test func givenTemperatures() throws {
    try check(AnnealedImportanceSampling(chains: 18, temperatures: 5, leapfrogs: 2))
  }
  @Test func laplace() throws { try check(LaplaceImportanceSampling(samples: 75)) }
  @Test func ladder() throws {
    let annealing = AnnealedImportanceSampling(chains: 8, temperatures: 5, leapfrogs: 2)
    try check(Ladder(samples: 75, annealing: annealing))
  }

  /// What is tuned depends on the model and the seed: not on threads, data or range.
  @Test func tuningIsFrozen() throws {
    let annealing = AnnealedImportanceSampling(chains: 8, leapfrogs: 2)
    let first = try annealing.prepared(for: model, options: Evaluation(seed: 4, threads: 1))
    let other = Evaluation(seed: 4, threads: 3, examples: 5..<9, blockSize: 2)
    let second = try annealing.prepared(for: model, options: other)
    #expect(first.tuned == second.tuned && first.tuned != nil)
    #expect(try first.prepared(for: model, options: Evaluation(seed: 9)).tuned == first.tuned)
    let gap = try #require(first.tuned?.gap)
    #expect(gap <= TunedAnnealing.gapTarget)
  }

  private func check<E: Estimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator>>(_ estimator: E) throws {
    let ready = try estimator.prepared(for: model, options: Evaluation(seed: 2, threads: 2))
    func rows(_ options: Evaluation) throws -> [LogLikelihoodMeasurement] {
      var rows: [LogLikelihoodMeasurement] = []
      _ = try options.run(ready, under: model, on: data) { rows.append($1) }
      return rows
    }
    let reference = try rows(Evaluation(seed: 2, threads: 1, blockSize: 64))
    #expect(try rows(Evaluation(seed: 2, threads: 3, blockSize: 1)) == reference)
    #expect(try rows(Evaluation(seed: 2, threads: 2, examples: 4..<9, blockSize: 3)) == Array(reference[4..<9]))
    try withResultsPath { path in
      let settings = resultsSettings(examples: 0..<12, curve: reference[0].curve.isEmpty ? [] : [1, 5, 50, 75])
      let first = try Writer(creating: path, settings: settings)
      for row in reference[..<5] { try first.append(row) }
      try first.close()
      let second = try Writer(resuming: path, settings: settings)
      _ = try Evaluation(seed: 2, threads: 2).run(
        ready, under: model, on: data, restored: second.restored()
      ) { try second.append($1) }
      try second.finish()
      #expect(try bits(ofFile: path) == bits(reference))
    }
  }
}
