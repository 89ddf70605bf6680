import HDF5
import Testing

@testable import Evidence

/// The names of a results file's axes.
@Suite struct ResultsDimensionTests {
  @Test func everyColumnHasAScaleForEachAxis() throws {
    let file = try File(inMemory: "results")
    let group = try file.root.createGroup("examples")
    var settings = resultsSettings()
    settings.curveSamples = [1, 5, 20]
    try ResultsColumns<LogLikelihoodMeasurement>.create(in: group, settings: settings, chunkRows: 8)
    try ResultsDimensions.write(to: group, settings)
    let columns = try ResultsDimensions.columns(in: group, settings)
    #expect(columns.sorted() == LogLikelihoodMeasurement.allColumns.map(\.name).sorted(), "scales are no columns")
    for name in columns where name != "index" {
      #expect(try group.dataset(name).attributeNames().contains("DIMENSION_LIST"), "\(name)")
    }
    #expect(try group.dataset("index").string("CLASS") == "DIMENSION_SCALE")
    let samples = try group.dataset("samples")
    #expect(try samples.read(as: Int.self) == [1, 5, 20] && samples.string("NAME") == "samples")
  }
}
