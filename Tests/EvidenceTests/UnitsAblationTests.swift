import EvidenceTesting
import Foundation
import HDF5
import Models
import Networks
import Testing

@testable import Evidence

@Suite struct UnitsAblationTests {
  static let model = OrthogonalModel(elements: 6, strengths: [1.5, 0, 0.6, 0])

  static func run(_ change: (inout Ablation) -> Void = { _ in }) throws -> (AblationSummary, [[Double]]) {
    let network = try NetworkModel(model.description())
    let data = model.sample(40)
    let units = try ActiveUnits().estimate(network, on: data)
    var ablation = Ablation(network, units: units, samples: 20)
    change(&ablation)
    let batch = try data.batch(0..<40)
    return (try ablation.run(on: data), (0..<40).map { batch.values(at: $0).map(Double.init) })
  }

  /// Without a unit, and its noise not made up for, what remains is still the posterior of the smaller model.
  @Test func smallerModelsAreExact() throws {
    let (found, examples) = try Self.run()
    func nll(_ kept: [Int]) -> Double {
      -examples.reduce(0) { $0 + Self.model.logLikelihood($1, keeping: kept) } / Double(examples.count)
    }
    // Single precision, as in LinearGaussianTests.
    #expect(abs(found.nll - nll([0, 2])) < 1e-4)
    #expect(found.removed == 2 && abs(found.change.difference) < 1e-5 && found.change.standardError < 1e-5)
    #expect(found.sweep.map(\.kept) == [0, 1, 2, 4])
    for (point, kept) in zip(found.sweep, [[], [0], [0, 2], [0, 1, 2, 3]]) {
      #expect(abs(point.change.nll - nll(kept)) < 1e-4, "keeping \(kept)")
      #expect(abs(point.change.difference - (nll(kept) - nll([0, 2]))) < 1e-4)
    }
    #expect(found.singles.map(\.unit.unit) == [0, 2])
    for (single, kept) in zip(found.singles, [[2], [0]]) {
      #expect(abs(single.change.nll - nll(kept)) < 1e-4)
      #expect(abs(single.change.difference - (nll(kept) - nll([0, 2]))) < 1e-4)
    }
  }

  @Test func sweepIsOptionalAndProgressComplete() throws {
    var steps = 0
    let network = try NetworkModel(Self.model.description())
    let data = Self.model.sample(10)
    let units = try ActiveUnits().estimate(network, on: data)
    var ablation = Ablation(network, units: units, samples: 2)
    ablation.sweepExamples = 3
    _ = try ablation.run(on: data) { _ in steps += 1 }
    #expect(steps == ablation.evaluations(examples: 10))
    let (found, _) = try Self.run { $0.sweepExamples = 0 }
    #expect(found.sweep.isEmpty && found.singles.isEmpty)
  }

  @Test func allActiveAndNoneActive() throws {
    let network = try NetworkModel(OrthogonalModel(elements: 3, strengths: [1, 1]).description())
    let data = Self.model.sample(0)
    #expect(data.count == 0)
    let examples = OrthogonalModel(elements: 3, strengths: [1, 1]).sample(10)
    let units = try ActiveUnits().estimate(network, on: examples)
    let found = try Ablation(network, units: units, samples: 5).run(on: examples)
    #expect(found.removed == 0 && found.change.difference == 0 && found.change.nll == found.nll)
    let strict = try ActiveUnits(threshold: 10).estimate(network, on: examples)
    let emptied = try Ablation(network, units: strict, samples: 5).run(on: examples)
    #expect(emptied.removed == 2 && emptied.change.difference > 0 && emptied.singles.isEmpty)
  }

  @Test func heldValuesAreThePriorsMeans() throws {
    var description = Self.model.description()
    description.prior = .normal(
      mean: Tensor([1, 2, 3, 4]), scaleName: .scale, scale: Tensor([1, 1, 1, 1]))
    let data = Self.model.sample(10)
    func held(_ description: ModelDescription) throws -> [Float?] {
      let network = try NetworkModel(description)
      let units = try ActiveUnits().estimate(network, on: data)
      let ablation = Ablation(network, units: units)
      return ablation.held(Set(ablation.ranking.filter { [1, 3].contains($0.unit) })).values[0]
    }
    #expect(try held(description) == [nil, 2, nil, 4])
    description.prior = .normalMixture(
      logits: Tensor([Float(log(3.0)), 0]), mean: Tensor(shape: [2, 4], values: [0, 4, 0, 0, 0, 8, 0, 4]),
      scaleName: .scale, scale: Tensor(shape: [2, 4], values: Array(repeating: 1, count: 8)))
    let mixture = try held(description)
    #expect(abs((mixture[1] ?? 0) - 5) < 1e-5 && abs((mixture[3] ?? 0) - 1) < 1e-5)
  }

  @Test func fullNormalsAreRefused() throws {
    let network = try NetworkModel(Self.model.description(rotatedBy: orthonormalRows(4, of: 4, seed: 3)))
    let data = Self.model.sample(10)
    let units = try ActiveUnits(threshold: 0.3).estimate(network, on: data)
    #expect(throws: InvalidModel.self) { try Ablation(network, units: units, samples: 2).run(on: data) }
  }
}

@Suite struct LatentsFileTests {
  @Test func holdsWhatWasMeasured() throws {
    let exact = LinearGaussian(sizes: [5, 3, 2], seed: 4)
    let examples = exact.sample(20)
    let model = try NetworkModel(exact.description())
    let path = FileManager.default.temporaryDirectory.appending(path: "latents-\(UUID()).h5")
      .path(percentEncoded: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let labels = try File(creating: path + ".labels")
    defer { try? FileManager.default.removeItem(atPath: path + ".labels") }
    try labels.root.createDataset("digits", type: .integer(bits: 8, signed: false), shape: [20]).write(
      (0..<20).map { UInt8($0) })
    try labels.root.createDataset("names", type: .string, shape: [20]).writeStrings((0..<20).map { "n\($0)" })
    try labels.close()

    var measurements: [UnitsMeasurement] = []
    let data = Dataset(examples.flatMap { $0 }, count: 20)
    let file = try LatentsFile(creating: path, latentCounts: model.latentCounts, attributes: ["model": "m.h5"])
    _ = try Evaluation(examples: 4..<16).run(ActiveUnits(draws: 2), under: model, on: data) { _, measurement in
      measurements.append(measurement)
      try file.append(measurement)
    }
    let digits = try ExampleLabels(file: path + ".labels", path: "digits", count: 20)
    try file.finish(labels: digits, examples: 4..<16)

    let root = try File(reading: path).root
    #expect(try root.string("format") == "evidence-latents" && root.integer("complete") == 1)
    #expect(try root.string("model") == "m.h5")
    #expect(try root.dataset("index").read(as: Int.self) == Array(4..<16))
    #expect(try root.dataset("labels").read(as: Int.self) == Array(4..<16))
    #expect(try root.dataset("labels").type == .integer(bits: 8, signed: false))
    #expect(try root.dataset("z1/mean").shape == [12, 3] && root.dataset("z2/scale").shape == [12, 2])
    #expect(try root.dataset("z1/mean").read(as: Double.self) == measurements.flatMap { $0.layers[0].means })
    #expect(try root.dataset("z1/scale").read(as: Double.self) == measurements.flatMap { $0.layers[0].scales })
    // The first unit of z₂ by hand: mean over draws, and the law of total variance.
    let posterior = measurements[0].layers[1]
    let means = (0..<4).map { posterior.means[2 * $0] }
    let squares: [Double] = (0..<4).map { posterior.scales[2 * $0] * posterior.scales[2 * $0] }
    let within = squares.reduce(0, +) / 4
    let variance = within + covariance(means, means) * 4 / 3
    #expect(abs(try root.dataset("z2/mean").read(as: Double.self)[0] - means.reduce(0, +) / 4) < 1e-14)
    #expect(abs(try root.dataset("z2/scale").read(as: Double.self)[0] - variance.squareRoot()) < 1e-14)

    let names = try ExampleLabels(file: path + ".labels", path: "names", count: 20)
    #expect(try names.label(of: 7) == .text("n7") && digits.label(of: 7) == .integer(7))
    #expect(throws: EvidenceError.self) { try ExampleLabels(file: path + ".labels", path: "names", count: 19) }
    #expect(throws: HDF5Error.self) { try ExampleLabels(file: path + ".labels", path: "nothing", count: 20) }
  }
}
