import Evidence
import Foundation
import HDF5
import Models
import Synchronization
import Testing

/// Elements are held against the support as they are stored, before a float rounds them.
@Suite struct StoredEdgeTests {
  /// How doubles are stored.
  enum Form: CaseIterable {
    case array, reordered, sparse, numpy
  }

  private func write(_ stored: [Double], as form: Form, to path: String) throws {
    if form == .numpy {
      return try NumpyTests.array("<f8", "\(stored.count), 1", NumpyTests.bytes(stored)).write(to: URL(filePath: path))
    }
    let file = try File(creating: path)
    let type = ElementType.float(bits: 64)
    switch form {
    case .sparse:
      let group = try file.root.createGroup("x")
      try group.setAttribute("encoding-type", "csr_matrix")
      try group.setAttribute("shape", [stored.count, 1])
      let integer = ElementType.integer(bits: 32, signed: true)
      try group.createDataset("data", type: type, shape: [stored.count]).write(stored)
      try group.createDataset("indices", type: integer, shape: [stored.count]).write(stored.map { _ in Int32(0) })
      try group.createDataset("indptr", type: integer, shape: [stored.count + 1]).write(
        (0...stored.count).map { Int32($0) })
    case .reordered: try file.root.createDataset("x", type: type, shape: [1, stored.count]).write(stored)
    default: try file.root.createDataset("x", type: type, shape: [stored.count, 1]).write(stored)
    }
    try file.close()
  }

  /// Evaluates doubles of a file, one an example; returns what was said of rounded counts, by example.
  private func evaluate(
    _ stored: [Double], under model: NetworkModel, _ preprocessing: Preprocessing = Preprocessing(),
    as form: Form = .array
  ) throws -> [Int: RoundedValue] {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write(stored, as: form, to: path)
    let source = try ExampleFile.open(path, axes: form == .reordered ? [1, 0] : nil)
    return try evaluate(source, under: model, preprocessing)
  }

  private func evaluate(
    _ source: some FileSource, under model: NetworkModel, _ preprocessing: Preprocessing
  ) throws -> [Int: RoundedValue] {
    let said = SaidCounts()
    var evaluation = Evaluation(threads: 2)
    evaluation.onRoundedCount = { example, value in said.values.withLock { $0[example] = value } }
    _ = try evaluation.run(
      ImportanceSampling(samples: 1), under: model,
      on: Evidence.Dataset(source, preprocessing: preprocessing))
    return said.values.withLock { $0 }
  }

  private final class SaidCounts: Sendable {
    let values = Mutex<[Int: RoundedValue]>([:])
  }

  private func refusal(
    _ stored: [Double], under model: NetworkModel, _ preprocessing: Preprocessing = Preprocessing()
  ) -> String? {
    let error = #expect(throws: EvidenceError.self) { _ = try evaluate(stored, under: model, preprocessing) }
    #expect(error?.code == .invalidData)
    return error?.description
  }

  @Test func countsPastWhatAFloatHoldsAreSaid() throws {
    let poisson = try constantModel(.poisson, [.rate: [3]])
    let said = try evaluate([3, 16_777_216, 16_777_217, 16_777_218], under: poisson)
    #expect(said.count == 1)
    #expect(said[2]?.stored == 16_777_217 && said[2]?.rounded == 16_777_216)
  }

  /// Sparse matrices, axes in another order and arrays of numpy are looked at before they are rounded too.
  @Test(arguments: Form.allCases) func everyFormIsHeldAgainstTheSupportAsStored(_ form: Form) throws {
    let poisson = try constantModel(.poisson, [.rate: [3]])
    #expect(try evaluate([3, 16_777_217], under: poisson, as: form)[1]?.stored == 16_777_217)
    let error = #expect(throws: EvidenceError.self) { try evaluate([3, 2 + 1e-9], under: poisson, as: form) }
    #expect(
      error?.description.contains("example 1, element 0: found 2.000000001,") == true, "\(error?.description ?? "")")
  }

  @Test func fractionsThatAFloatRoundsAwayAreNoCounts() throws {
    let poisson = try constantModel(.poisson, [.rate: [3]])
    let words = refusal([3, 2 + 1e-9], under: poisson)
    #expect(words == "example 1, element 0: found 2.000000001, but the likelihood takes counts 0, 1, 2, …")
  }

  @Test func aLittleMoreThanOneIsOutsideTheUnitInterval() throws {
    let grey = try constantModel(.continuousBernoulli, [.logits: [0.5]])
    #expect(try evaluate([0, 0.1, 1], under: grey).isEmpty)
    #expect(refusal([1 + 1e-9], under: grey)?.contains("found 1.000000001,") == true)
    #expect(refusal([255 + 1e-6], under: grey, Preprocessing(divideBy: 255))?.contains("found 1.0000000") == true)
    // Binarized, a grey value becomes 0 or 1; one that is no probability stays what it is.
    let binary = try constantModel(.bernoulli, [.logits: [0.5]])
    #expect(try evaluate([0.3, 1], under: binary, Preprocessing(binarize: .threshold)).isEmpty)
    #expect(refusal([1 + 1e-9], under: binary, Preprocessing(binarize: .threshold)) != nil)
  }

  @Test func whatAFloatRoundsToTheEdgeIsSaidAsBoth() throws {
    let open = try constantModel(.beta, [.alpha: [2], .beta: [2]])
    let words = refusal([0.5, 1 - 1e-12], under: open)
    #expect(words?.contains("found 0.999999999999, which rounds to the float 1.0, but") == true, "\(words ?? "")")
  }
}
