import Evidence
import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Runs

/// What a run asks of its host, and what it does without one.
@Suite struct HostTests {
  static let inputs = InputsRequest(
    model: Repository.digitsModel, data: Repository.digits, examples: ExampleRange("..12"))

  static func request() -> NLLRequest {
    var request = NLLRequest(inputs: inputs)
    request.options = EstimatorOptions(samples: 30)
    request.evaluation = EvaluationRequest(threads: 2)
    return request
  }

  /// A host that remembers what it was told, and asks the run to stop after some examples.
  final class Watching: RunHost {
    let cancellation = Cancellation()
    let told = Mutex<[String]>([])
    let lastExample: Int

    init(lastExample: Int = .max) { self.lastExample = lastExample }

    func expect(threads: Int) { told.withLock { $0.append("\(threads) threads") } }
    func log(_ message: String, _ facts: [String: String]) { told.withLock { $0.append(message) } }
    func progress(total: Int, hasMean: Bool) -> any RunProgress { Progress(self, total: total) }

    final class Progress: RunProgress {
      let host: Watching
      var count = 0
      init(_ host: Watching, total: Int) {
        self.host = host
        host.told.withLock { $0.append("of \(total)") }
      }
      func restore(_ value: Double) { host.told.withLock { $0.append("restored") } }
      func advance(by value: Double) {
        count += 1
        if count == host.lastExample { host.cancellation.cancel() }
      }
      func end() { host.told.withLock { $0.append("end") } }
    }
  }

  /// What is the matter is said here; what to type, by whoever knows what is typed.
  @Test func warningsSayWhatIsTheMatterAndNoOption() {
    let warnings: [RunWarning] = [
      .concern(.crossEntropy, samples: 5, output: nil), .concern(.undefinedShape, samples: 5, output: nil),
      .gapAboveTarget(estimator: "ladder", wide: [], of: 9), .gapAboveTarget(estimator: "ladder", wide: [3], of: 9),
      .unlocked(path: "r.h5"), .examplesNotInAll(common: 3, most: 4), .ofModel("a.h5", .realDataHarder),
    ]
    #expect(warnings.allSatisfy { !$0.problem.isEmpty && !$0.problem.contains("--") })
    #expect(warnings[1].problem.hasPrefix("k̂ is not defined for 5 draws"))
    #expect(warnings[6].problem.hasPrefix("a.h5: real data are harder"))
  }

  @Test func theHostDoesNotChangeTheNumbers() throws {
    let watching = Watching()
    let watched = try NLLRun(Self.request(), host: watching).run()
    let alone = try NLLRun(Self.request(), host: Silent()).run()
    #expect(watched.summary.mean == alone.summary.mean)
    #expect(
      watching.told.withLock(\.self) == ["model read", "data opened", "2 threads", "of 12", "end"])
  }

  @Test func aRunThatIsStoppedSaysWhatIsSaved() throws {
    try withTemporaryDirectory { directory in
      var request = Self.request()
      request.evaluation = EvaluationRequest(threads: 1)
      request.results = ResultsRequest(path: directory + "/results.h5")
      let error = #expect(throws: RunError.self) {
        try NLLRun(request, host: Watching(lastExample: 1)).run()
      }
      guard case .stopped(let finished, 12, .examples, let saved?) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(finished < 12 && saved.path == directory + "/results.h5" && saved.saved + saved.journaled == finished)
      // What was saved is not evaluated again.
      request.results?.resumes = true
      let host = Watching()
      let whole = try NLLRun(request, host: host).run()
      #expect(host.told.withLock { $0.count { $0 == "restored" } } == finished)
      #expect(try whole.summary.mean == NLLRun(Self.request(), host: Silent()).run().summary.mean)
    }
  }

  @Test func warningsAreValues() throws {
    let outcome = try NLLRun(Self.request(), host: Silent()).run()
    let concerns = outcome.warnings.compactMap { warning -> Concern? in
      if case .concern(let concern, 30, nil) = warning { concern } else { nil }
    }
    #expect(concerns == outcome.summary.concerns && !concerns.isEmpty)
    let remedies = concerns.flatMap { $0.remedies(samples: 30) }
    #expect(remedies.contains(.takeSamples(300)) || remedies.contains(.takeSamplesOrMore(100)))
    guard case .array(let words)? = outcome.json(in: Plain())["warnings"] else {
      Issue.record("no warnings")
      return
    }
    #expect(words.count == outcome.warnings.count)
  }

  @Test func filesOfOtherKindsAreRefusedAsValues() throws {
    let swapped = InputsRequest(model: Repository.digitsModel, data: Repository.digitsModel)
    let error = #expect(throws: RunError.self) { try NLLRun(NLLRequest(inputs: swapped), host: Silent()) }
    guard case .wrongKind(Repository.digitsModel, .model, .data)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func unitsNeedTwoExamples() throws {
    let inputs = InputsRequest(
      model: Repository.digitsModel, data: Repository.digits, examples: ExampleRange("3..4"))
    let error = #expect(throws: RunError.self) { try UnitsRun(UnitsRequest(inputs: inputs), host: Silent()) }
    guard case .tooFewExamples? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
