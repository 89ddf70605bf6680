import ArgumentParser
import Evidence
import Foundation
import HDF5
import ModelFile
import Models
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// Data in the forms in which people have them: as the plain array, to the last bit, or an error that says what to do.
@Suite struct DataCaseTests {
  private static let count = 30

  /// What `nll` makes of data for a model; `file` is the data's name, whose ending people choose.
  private func outcome(
    _ model: PatternModel, _ options: [String] = [], file: String = "data.h5", _ fill: (Group) throws -> Void
  ) throws -> NLLOutcome {
    try withTemporaryDirectory { directory in
      try ModelFile.write(model.description, to: directory + "/model.h5")
      let opened = try File(creating: directory + "/" + file)
      try fill(opened.root)
      try opened.close()
      return try NLLRun(
        NLLCommand.parse(
          [directory + "/model.h5", directory + "/" + file, "--samples", "4", "--threads", "1"] + options)
      ).run()
    }
  }

  private func message(_ model: PatternModel, _ fill: (Group) throws -> Void) -> String {
    do {
      _ = try outcome(model) { try fill($0) }
      return "nothing was thrown"
    } catch { return Failure(error).lines.joined(separator: "\n") }
  }

  private func isFarWorse(_ outcome: NLLOutcome) -> Bool { outcome.warningWords.contains { $0.contains("far worse") } }

  @discardableResult
  private func write(_ values: [Float], _ shape: [Int], to root: Group, as name: String = "x") throws -> HDF5.Dataset {
    let dataset = try root.createDataset(name, type: .float(bits: 32), shape: shape)
    try dataset.write(values)
    return dataset
  }

  /// Square images and as many examples as pixels too, where no shape tells that axes are reversed.
  @Test(arguments: [[4, 6], [5, 6]]) func arraysOfMATLABAreReversed(_ shape: [Int]) throws {
    let model = PatternModel(shape: shape)
    let values = model.data(Self.count)
    let plain = try outcome(model) { try write(values, [Self.count] + shape, to: $0) }
    let turned = try outcome(model) { root in
      let stored = [Self.count] + shape
      try write(transposed(values, stored, [2, 1, 0]), stored.reversed(), to: root)
        .setAttribute("MATLAB_class", "single")
    }
    #expect(turned.summary.mean == plain.summary.mean && !isFarWorse(turned))
    #expect(turned.warningWords.contains { $0.contains("MATLAB") })
    // Flat examples, [N, 30] of 30: the shape alone fits either way.
    let flat = PatternModel(shape: [model.size])
    let read = try outcome(flat) { root in
      try write(
        transposed(flat.data(Self.count), [Self.count, flat.size], [1, 0]), [flat.size, Self.count], to: root
      )
      .setAttribute("MATLAB_class", "single")
    }
    #expect(
      try read.summary.mean
        == outcome(flat) { try write(flat.data(Self.count), [Self.count, flat.size], to: $0) }.summary.mean)
  }

  /// Every order of the axes of an image: named, and mended by the option that is named.
  @Test(arguments: [
    [0, 3, 1, 2], [0, 3, 2, 1], [0, 2, 1, 3], [0, 1, 3, 2], [0, 2, 3, 1], [3, 0, 1, 2], [1, 0, 2, 3],
  ])
  func axesInAnotherOrderAreNamedAndMended(_ order: [Int]) throws {
    let model = PatternModel(shape: [4, 6, 3])
    let shape = [Self.count, 4, 6, 3]
    let values = model.data(Self.count)
    let plain = try outcome(model) { try write(values, shape, to: $0) }
    let turned = transposed(values, shape, order)
    let stored = order.map { shape[$0] }
    let text = message(model) { try write(turned, stored, to: $0) }
    let inverse = (0..<4).map { axis in order.firstIndex(of: axis).map(String.init) ?? "" }.joined(separator: ",")
    if order[0] == 0 {
      #expect(text.contains("\(Array(stored.dropFirst()))") && text.contains("[4, 6, 3]"), "\(text)")
      #expect(text.contains("--axes \(inverse)"), "\(text)")
    } else {
      #expect(text != "nothing was thrown")
    }
    let mended = try outcome(model, ["--axes", inverse]) { try write(turned, stored, to: $0) }
    #expect(mended.summary.mean == plain.summary.mean)
  }

  /// x as whole numbers with the factor of the CF conventions beside them, or without it.
  @Test func factorsOfADensityAreAppliedAndMissingOnesWarnedOf() throws {
    let model = PatternModel(shape: [4, 6], likelihood: .normal)
    let values = model.data(Self.count)
    let plain = try outcome(model) { try write(values, [Self.count, 4, 6], to: $0) }
    func packed(_ root: Group) throws -> HDF5.Dataset {
      let dataset = try root.createDataset("x", type: .integer(bits: 16, signed: true), shape: [Self.count, 4, 6])
      try dataset.write(values.map { Int16(($0 * 1000).rounded()) })
      return dataset
    }
    let scaled = try outcome(model) { try packed($0).setAttribute("scale_factor", 0.001) }
    // Rounding by at most 0.0005 of scale 0.1: |Δ log p| ≤ 24 (1.5 · 0.005 + 0.005² / 2).
    #expect(abs(scaled.summary.mean - plain.summary.mean) < 24 * 0.0076 && !isFarWorse(scaled))
    #expect(scaled.warningWords.contains { $0.contains("scale_factor = 0.001") })
    let raw = try outcome(model) { _ = try packed($0) }
    #expect(isFarWorse(raw) && raw.warningWords.contains { $0.contains("whole numbers") }, "\(raw.warningWords)")
  }

  /// AnnData keeps X by rows, beside layers, as Keras keeps its layers.
  @Test func sparseCountsOfAnnDataAreTheDenseOnes() throws {
    let model = PatternModel(shape: [24], likelihood: .poisson)
    let values = model.data(Self.count)
    func annotated(_ root: Group) throws {
      try root.setAttribute("encoding-type", "anndata")
      for name in ["layers", "obs", "var", "uns"] {
        try root.createGroup(name).setAttribute("encoding-type", name == "layers" ? "dict" : "dataframe")
      }
      try root.createDataset("obs/_index", type: .string, shape: [Self.count])
        .writeStrings((0..<Self.count).map { "cell\($0)" })
    }
    let dense = try outcome(model, file: "dense.h5ad") { root in
      try annotated(root)
      try write(values, [Self.count, 24], to: root, as: "X")
    }
    let sparse = try outcome(model, file: "csr.h5ad") { root in
      try annotated(root)
      for name in ["X", "layers/counts"] { try writeSparse(values, columns: 24, to: root.createGroup(name)) }
    }
    #expect(sparse.summary.mean == dense.summary.mean)
    #expect(sparse.text.contains("csr.h5ad:/X\n"))
  }

  private static func form(_ name: String) -> String {
    Repository.path("Tests/EvidenceCommandTests/Fixtures/Forms/\(name)")
  }

  /// The same counts in files of numpy, h5py and AnnData.
  @Test func oneDatasetInManyFormsIsOneNumber() throws {
    let model = PatternModel(shape: [12], likelihood: .poisson)
    let means = try withTemporaryDirectory { directory in
      try ModelFile.write(model.description, to: directory + "/model.h5")
      return try ["floats.npy", "plain.npz", "compressed.npz", "plain.h5ad", "chunked.h5ad", "records.h5"].map { name in
        try NLLRun(NLLCommand.parse([directory + "/model.h5", Self.form(name), "--samples", "4"])).run().summary.mean
      }
    }
    #expect(Set(means).count == 1, "\(means)")
    let text = try withTemporaryDirectory { directory in
      try ModelFile.write(model.description, to: directory + "/model.h5")
      return try Executable.evidence.run("nll", directory + "/model.h5", Self.form("scipy.npz")).error
    }
    #expect(text.contains("a sparse matrix of scipy") && text.contains(".toarray())"), "\(text)")
  }

  private func writeSparse(_ values: [Float], columns: Int, to group: Group) throws {
    let rows = values.count / columns
    let places = values.indices.filter { values[$0] != 0 }
    try group.setAttribute("encoding-type", "csr_matrix")
    try group.setAttribute("shape", [rows, columns])
    let integer = ElementType.integer(bits: 32, signed: true)
    try group.createDataset("data", type: .float(bits: 32), shape: [places.count]).write(places.map { values[$0] })
    try group.createDataset("indices", type: integer, shape: [places.count]).write(places.map { Int32($0 % columns) })
    try group.createDataset("indptr", type: integer, shape: [rows + 1])
      .write((0...rows).map { row in Int32(places.count { $0 < row * columns }) })
  }

  @Test func dataInBfloat16AreRead() throws {
    let model = PatternModel(shape: [4, 6])
    let values = model.data(Self.count)
    let plain = try outcome(model) { try write(values, [Self.count, 4, 6], to: $0) }
    let opaque = try outcome(model) { root in
      try root.createDataset("x", type: .bfloat16, shape: [Self.count, 4, 6])
        .write(values.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) })
    }
    #expect(opaque.summary.mean == plain.summary.mean)
  }

  @Test(arguments: [24, 3000]) func oneDatasetForEachImageIsToldToBeStacked(_ images: Int) {
    let model = PatternModel(shape: [4, 6])
    let text = message(model) { root in
      let group = try root.createGroup("images")
      for image in 0..<images { try write(model.pattern, [4, 6], to: group, as: String(image)) }
    }
    #expect(text.contains("\(images) datasets") && text.contains("and \(images - 6) more"), "\(text)")
    #expect(text.contains("numpy.stack") && text.count < 2000)
  }

  /// Records of a compound type, and a table of pandas, whose index datasets are no data.
  @Test func tablesAreNamedWithWhatToDo() throws {
    let model = PatternModel(shape: [4, 6])
    func run(_ name: String) throws -> String {
      try withTemporaryDirectory { directory in
        try ModelFile.write(model.description, to: directory + "/model.h5")
        return try Executable.evidence.run("nll", directory + "/model.h5", Self.form(name)).error
      }
    }
    let records = try run("table.h5")
    #expect(records.contains("/x is a table") && records.contains("numpy.stack"), "\(records)")
    let table = try run("pandas-table.h5")
    #expect(table.contains("/df/table is a table of pandas") && table.contains(#"format="fixed""#), "\(table)")
    #expect(!table.contains("_i_table"))
  }
}
