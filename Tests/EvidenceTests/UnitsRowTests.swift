import EvidenceTesting
import Foundation
import Testing

@testable import Evidence

/// Active units from saved rows are those of the run that made them, to the last bit.
@Suite struct UnitsRowTests {
  /// Measures, saves in two shards, reads back, and adds up.
  private func roundTrip(_ model: NetworkModel, _ data: Dataset, draws: Int) throws {
    var estimator = ActiveUnits(draws: draws)
    estimator.replicates = 10
    estimator = try estimator.probing(model, on: data, count: 7)
    var rows: [UnitsRow] = []
    let whole = try Evaluation(seed: 3).run(estimator, under: model, on: data) { rows.append(UnitsRow($1)) }
    try withResultsPath { path in
      let middle = data.count / 3
      let parts = try [0..<middle, middle..<data.count].map { range in
        var settings = resultsSettings(examples: range)
        settings.labels = rows[0].labels
        let name = (path as NSString).deletingLastPathComponent + "/\(range.lowerBound).h5"
        let writer = try ResultsWriter<UnitsRow>(creating: name, settings: settings)
        for index in range { try writer.append(rows[index]) }
        try writer.finish()
        return name
      }
      try ResultsMerge(parts).write(to: path)
      var merged = try ResultsFile(reading: path).stream(of: UnitsRow.self)
      var scratch = model.makeScratch(examples: 1)
      try model.encode(data.batch(0..<1, seed: 3), scratch: &scratch)
      let layers = try model.posteriors(
        of: Example(index: 0, position: 0, seed: 3), draws: 0..<2 * draws, scratch: &scratch)
      var sum = try estimator.makeAccumulator()
      while let row = try merged.next() { sum.add(try row.measurement(like: layers, probes: estimator.probes)) }
      let again = try sum.summary()
      // Every number, and nothing else, is in the description.
      #expect("\(again)" == "\(whole)")
      func bits(_ units: UnitsSummary) -> [[UInt64]] { units.layers.map { $0.variances.map(\.bitPattern) } }
      #expect(bits(again) == bits(whole))
    }
  }

  @Test func ofOneLayer() throws {
    let orthogonal = OrthogonalModel(elements: 6, strengths: [2, 1, 0])
    try roundTrip(NetworkModel(orthogonal.description()), orthogonal.sample(20), draws: 1)
  }

  /// The upper layer's means are of drawn parents, and z₁'s divergences are taken at draws.
  @Test func ofAChain() throws {
    let exact = LinearGaussian(sizes: [6, 4, 3], seed: 9)
    let examples = exact.sample(12)
    try roundTrip(
      NetworkModel(exact.description()), Dataset(examples.flatMap { $0 }, count: examples.count), draws: 3)
  }

  @Test func rowsOfAnotherModelAreRefused() throws {
    let orthogonal = OrthogonalModel(elements: 6, strengths: [2, 1, 0])
    let model = try NetworkModel(orthogonal.description())
    let data = orthogonal.sample(2)
    var rows: [UnitsRow] = []
    var layers: [LayerPosterior] = []
    _ = try Evaluation().run(ActiveUnits(), under: model, on: data) {
      rows.append(UnitsRow($1))
      layers = $1.layers
    }
    var short = rows[1]
    short.means.removeLast()
    #expect(try refusal { _ = try short.measurement(like: layers) }.message.contains("other units than the model has"))
    #expect(try rows[1].measurement(like: layers).layers == layers)
  }
}
