import Evidence
import EvidenceTesting
import Testing

/// Many short evaluations, each with threads of its own: what ThreadSanitizer looks at most closely (`.ci/sanitize`).
@Suite struct RepeatedEvaluationTests {
  @Test func aThousandTimesOnTwoThreads() throws {
    let exact = LinearGaussian(sizes: [3, 2])
    let model = try NetworkModel(exact.description(widening: 1.4))
    let data = Dataset(exact.sample(4).flatMap { $0 }, count: 4)
    let estimator = ImportanceSampling(samples: 5)
    let expected = try Evaluation(threads: 1).run(estimator, under: model, on: data).mean
    for _ in 0..<1000 {
      #expect(try Evaluation(threads: 2, blockSize: 1).run(estimator, under: model, on: data).mean == expected)
    }
  }

  /// Cancelled from another thread at whatever moment that comes.
  @Test func cancelledInBetween() throws {
    let model = GivenWeights { _, draw in Double(-draw) }
    let data = Dataset([Float](repeating: 0, count: 64), count: 64)
    for round in 0..<100 {
      let options = Evaluation(threads: 2, blockSize: 1)
      var count = 0
      let result = Result {
        try options.run(ImportanceSampling(samples: 5), under: model, on: data) { _, _ in
          count += 1
          if count == round % 70 { options.cancellation.cancel() }
        }
      }
      // The last is never too late to be seen: cancelling after the 64th changes nothing.
      if round % 70 >= 1 && round % 70 < 32 { #expect(throws: CancellationError.self) { try result.get() } }
      #expect(count >= min(round % 70, 64))
    }
  }
}
