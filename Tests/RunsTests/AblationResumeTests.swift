import Evidence
import Foundation
import HDF5
import Synchronization
import TestSupport
import Testing

@testable import Runs

/// An ablation that is stopped, and gone on with.
@Suite struct AblationResumeTests {
  static func request(output: String? = nil, resumes: Bool = false) -> UnitsRequest {
    var request = UnitsRequest(inputs: HostTests.inputs)
    request.ablates = true
    (request.probes, request.samples, request.sweepExamples) = (4, 5, 3)
    request.evaluation = EvaluationRequest(threads: 2)
    request.results = output.map { path in
      var results = ResultsRequest(path: path)
      results.resumes = resumes
      return results
    }
    return request
  }

  /// A host that asks the run to stop after some evaluations of its ablation.
  final class Stopping: RunHost {
    let cancellation = Cancellation()
    let lastEvaluation: Int
    let restored = Mutex(0)
    let shown = Mutex("")

    init(after lastEvaluation: Int) { self.lastEvaluation = lastEvaluation }

    func progress(total: Int, hasMean: Bool) -> any RunProgress { Progress(self, isOfAblation: total > 12) }

    func show(_ text: (any RunWords) -> String) throws -> Bool {
      shown.withLock { $0 = text(Plain()) }
      return true
    }

    final class Progress: RunProgress {
      let host: Stopping
      let isOfAblation: Bool
      var count = 0

      init(_ host: Stopping, isOfAblation: Bool) { (self.host, self.isOfAblation) = (host, isOfAblation) }

      func restore(_ value: Double) { if isOfAblation { host.restored.withLock { $0 += 1 } } }
      func advance(by value: Double) {
        count += 1
        if isOfAblation, count == host.lastEvaluation { host.cancellation.cancel() }
      }
      func end() {}
    }
  }

  /// Stopped in the first pass, between two, and in a late one: each time the numbers of an undisturbed run.
  @Test(arguments: [1, 12, 30]) func goesOnWhereItWasStopped(after evaluations: Int) throws {
    let whole = try UnitsRun(Self.request(), host: Silent()).run()
    try withTemporaryDirectory { directory in
      let output = directory + "/units.h5"
      let host = Stopping(after: evaluations)
      let error = #expect(throws: RunError.self) { try UnitsRun(Self.request(output: output), host: host).run() }
      guard case .stopped(let finished, let count, .evaluations, let saved?) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(finished >= evaluations && finished < count)
      #expect(saved.path == directory + "/units-ablation.h5" && saved.saved + saved.journaled == finished)
      #expect(host.shown.withLock(\.self).contains("units active"), "the result is there before the ablation")
      let second = Stopping(after: .max)
      let resumed = try UnitsRun(Self.request(output: output, resumes: true), host: second).run()
      #expect(second.restored.withLock(\.self) == finished)
      #expect(resumed.ablation == whole.ablation && whole.ablation != nil)
      #expect(resumed.units == whole.units)
      // What is finished is read alone.
      let third = Stopping(after: 1)
      #expect(try UnitsRun(Self.request(output: output, resumes: true), host: third).run().ablation == whole.ablation)
      #expect(third.restored.withLock(\.self) == count)
    }
  }

  @Test func otherSettingsAndFilesThatAreThereAreRefused() throws {
    try withTemporaryDirectory { directory in
      let output = directory + "/units.h5"
      _ = try UnitsRun(Self.request(output: output), host: Silent()).run()
      let rows = try ResultsFile(reading: directory + "/units-ablation.h5")
      #expect(rows.finished != nil && rows.count == rows.settings.examples.count)
      var other = Self.request(output: output, resumes: true)
      other.threshold = 0.5
      let refused = #expect(throws: EvidenceError.self) { try UnitsRun(other, host: Silent()).run() }
      #expect(refused?.message.contains("option_threshold: the file was made with 0.01, this run asks for 0.5") == true)
      // Found out before the pass over the data.
      try FileManager.default.removeItem(atPath: output)
      let host = Stopping(after: 1)
      let exists = #expect(throws: RunError.self) { try UnitsRun(Self.request(output: output), host: host).run() }
      guard case .outputExists(directory + "/units-ablation.h5", .ablation)? = exists else {
        Issue.record("\(String(describing: exists))")
        return
      }
      #expect(host.shown.withLock(\.self).isEmpty)
    }
  }
}
