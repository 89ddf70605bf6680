import Evidence
import Foundation
import HDF5
import Models
import Testing

/// Data in the forms that people have, each made here: all read as the plain array, or refused with what to do.
@Suite struct StoredFormsTests {
  /// Two examples of [2, 3], counted up.
  static let plain: [Float] = (0..<12).map { Float($0) }

  /// Makes a file, opens it, and passes what opening or reading throws.
  private func source(
    named name: String? = nil, axes: [Int]? = nil, _ fill: (Group) throws -> Void
  ) throws -> (source: HDF5Source, values: [Float]) {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try File(creating: path)
    try fill(file.root)
    try file.close()
    let source = try HDF5Source(file: path, dataset: name, axes: axes)
    return (source, try Evidence.Dataset(source).batch(0..<source.count).values)
  }

  private func message(_ fill: (Group) throws -> Void) -> String {
    do {
      _ = try source(fill)
      return "nothing was thrown"
    } catch { return "\(error)" }
  }

  private func write(_ values: [Float], _ shape: [Int], to group: Group, as name: String = "x") throws -> HDF5.Dataset {
    let dataset = try group.createDataset(name, type: .float(bits: 32), shape: shape)
    try dataset.write(values)
    return dataset
  }

  @Test func axesAreTakenInTheOrderThatIsSaid() throws {
    // [N, 3, 2] as stored, [N, 2, 3] as wanted.
    let turned: [Float] = [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
    let read = try source(axes: [0, 2, 1]) { _ = try write(turned, [2, 3, 2], to: $0) }
    #expect(read.source.exampleShape == [2, 3] && read.values == Self.plain)
    // Examples along the last axis.
    let last: [Float] = (0..<12).map { Float($0 % 2 * 6 + $0 / 2) }
    let columns = try source(axes: [2, 0, 1]) { _ = try write(last, [2, 3, 2], to: $0) }
    #expect(columns.source.count == 2 && columns.source.exampleShape == [2, 3] && columns.values == Self.plain)
    // A part of them is the same part of the numbers.
    #expect(Evidence.Dataset(columns.source).count == 2)
    let error = #expect(throws: EvidenceError.self) {
      try source(axes: [0, 1]) { _ = try write(turned, [2, 3, 2], to: $0) }
    }
    #expect(error?.description.contains("has 3 axes") == true)
  }

  @Test func axesOfMATLABAreStoredInReverse() throws {
    // MATLAB's array [2, 2, 3] is stored as [3, 2, 2].
    var stored = [Float](repeating: 0, count: 12)
    for element in 0..<12 {
      let (n, i, j) = (element / 6, element / 3 % 2, element % 3)
      stored[(j * 2 + i) * 2 + n] = Float(element)
    }
    let read = try source { try write(stored, [3, 2, 2], to: $0).setAttribute("MATLAB_class", "single") }
    #expect(read.source.exampleShape == [2, 3] && read.values == Self.plain)
    #expect(read.source.notes.first?.contains("MATLAB") == true)
  }

  @Test func factorsAndOffsetsOfTheCFConventionsAreApplied() throws {
    let read = try source { root in
      let dataset = try root.createDataset("x", type: .integer(bits: 16, signed: true), shape: [2, 3])
      try dataset.write([Int16(-1000), 0, 1000, 2000, 3000, 4000])
      try dataset.setAttribute("scale_factor", 0.001)
      try dataset.setAttribute("add_offset", 2.0)
    }
    #expect(read.values == [1, 2, 3, 4, 5, 6])
    #expect(!read.source.storesIntegers && read.source.notes.count == 1)
  }

  @Test(arguments: ["_FillValue", "missing_value"]) func missingValuesAreRefused(_ name: String) {
    let text = message { root in
      let dataset = try root.createDataset("x", type: .integer(bits: 16, signed: true), shape: [2, 3])
      try dataset.write([Int16(0), 1, 2, 3, -999, 4])
      try dataset.setAttribute(name, -999)
    }
    #expect(text.contains("example 1, element 1") && text.contains("missing"))
  }

  @Test(arguments: ["scale_factor", "add_offset", "_FillValue"]) func attributesThatSayWhatValuesMeanAreNumbers(
    _ name: String
  ) {
    let text = message { root in
      let dataset = try root.createDataset("x", type: .integer(bits: 16, signed: true), shape: [2, 3])
      try dataset.write([Int16(0), 1, 2, 3, 4, 5])
      try dataset.setAttribute(name, "0.5")
    }
    #expect(text.contains("/x: the attribute \(name)") && text.contains("expected a number"))
  }

  @Test func bfloat16IsReadFromOpaqueBytes() throws {
    let values: [Float] = [0, 1, -2.5, 3.140625, 1024, 0.0078125]
    let read = try source { root in
      let dataset = try root.createDataset("x", type: .bfloat16, shape: [2, 3])
      try dataset.write(values.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) })
    }
    #expect(read.values == values)
    #expect(read.source.notes.first?.contains("bfloat16") == true)
  }

  private func sparse(_ group: Group, format: String = "csr_matrix") throws {
    try group.setAttribute("encoding-type", format)
    try group.setAttribute("shape", [3, 4])
    try group.createDataset("data", type: .float(bits: 32), shape: [4]).write([5, 6, 7, 8] as [Float])
    try group.createDataset("indices", type: .integer(bits: 32, signed: true), shape: [4]).write(
      [1, 3, 0, 2] as [Int32])
    try group.createDataset("indptr", type: .integer(bits: 32, signed: true), shape: [4]).write(
      [0, 2, 2, 4] as [Int32])
  }

  @Test func aSparseMatrixOfAnnDataIsThatMatrix() throws {
    let expected: [Float] = [0, 5, 0, 6, 0, 0, 0, 0, 7, 0, 8, 0]
    let read = try source { try sparse($0.createGroup("X")) }
    #expect(read.source.path == "/X" && read.source.exampleShape == [4] && read.values == expected)
    #expect(try source(named: "layers/counts") { try sparse($0.createGroup("layers/counts")) }.values == expected)
    // Beside other matrices, X is what AnnData analyses.
    let several = try source { root in
      try root.setAttribute("encoding-type", "anndata")
      try sparse(root.createGroup("X"))
      try sparse(root.createGroup("layers/counts"))
    }
    #expect(several.source.path == "/X" && several.values == expected)
    #expect(message { try sparse($0.createGroup("X"), format: "csc_matrix") }.contains("tocsr()"))
  }

  @Test func aDamagedSparseMatrixIsRefused() {
    for (name, values) in [("indptr", [0, 3, 2, 4]), ("indptr", [0, 2, 2, 9]), ("indices", [1, 4, 0, 2])] {
      let text = message { root in
        let group = try root.createGroup("X")
        try sparse(group)
        try group.dataset(name).write(values.map { Int32($0) })
      }
      #expect(text.contains("/X/" + name), "\(text)")
    }
  }

  @Test func aSparseMatrixOfMATLABIsSaid() {
    let text = message { root in
      for name in ["data", "ir", "jc"] { _ = try write([1, 2], [2], to: root, as: "X/" + name) }
    }
    #expect(text.contains("/X is a sparse matrix of MATLAB") && text.contains("full(x)"), "\(text)")
  }

  @Test func oneDatasetForEachImageIsSaid() {
    let text = message { root in
      for index in 0..<300 { _ = try write(Array(Self.plain.prefix(6)), [2, 3], to: root, as: "images/\(index)") }
    }
    #expect(text.contains("300 datasets") && text.contains("and 294 more") && text.contains("numpy.stack"))
    #expect(text.count < 2000)
  }

  @Test func whatHoldsNoExamplesIsNamed() {
    #expect(message { _ in }.contains("no datasets"))
    #expect(
      message { try $0.createDataset("names", type: .string, shape: [2]).writeStrings(["a", "b"]) }
        .contains("/names string [2]"))
    #expect(message { _ = try write([1], [], to: $0, as: "loss") }.contains("/loss float32 []"))
    #expect(
      message { _ = try $0.createDataset("x", type: .float(bits: 32), shape: [0, 3], extendable: true) }
        .contains("/x holds no examples"))
  }

  @Test(
    arguments: [
      ([28, 28], [784], true), ([784], [28, 28, 1], true), ([1, 28, 28], [28, 28, 1], true),
      ([28, 28], [28, 28, 1], true),
      ([3, 72, 72], [72, 72, 3], false), ([5184, 3], [72, 72, 3], true), ([3, 5184], [72, 72, 3], false),
      ([15552], [72, 72, 3], true), ([32, 28], [28, 32], false),
    ] as [([Int], [Int], Bool)])
  func axesInAnotherOrderAreSeen(_ stored: [Int], _ model: [Int], _ agree: Bool) {
    #expect(AxisOrder.agree(stored, model) == agree)
  }

  @Test func theOrderThatMendsIsNamed() {
    #expect(AxisOrder.disagreement([20, 3, 72, 72], model: [72, 72, 3])?.order == [0, 2, 3, 1])
    #expect(AxisOrder.disagreement([20, 32, 28], model: [28, 32])?.order == [0, 2, 1])
    #expect(AxisOrder.disagreement([20, 28, 28], model: [784]) == nil)
  }
}

/// The model without latents that warnings compare with.
@Suite struct ConstantModelTests {
  private func model(_ values: [Float], _ count: Int, _ likelihood: Distribution) -> ConstantModel? {
    var fit = ConstantModelFit(ElementLikelihood(likelihood))
    let size = values.count / count
    for example in 0..<count { fit.add(values[example * size..<(example + 1) * size]) }
    return fit.model
  }

  @Test func normalsOfTheDataHaveTheEntropyOfTheirVariance() throws {
    // ±1, as often: variance 1, so −½ (log 2π + 1) for each of two elements; the second has variance 4.
    let values: [Float] = (0..<40).map { ($0 < 20 ? 1 : -1) * Float(1 + $0 % 2) }
    let constant = try #require(model(values, 20, .normal))
    let expected = -(log(2 * Double.pi) + 1) - log(2)
    #expect(abs(constant.meanLogLikelihood - expected) < 1e-12)
    #expect(constant.isFarAbove(expected - 6) && !constant.isFarAbove(expected - 4))
  }

  @Test func classesHaveTheEntropyOfTheirFrequencies() throws {
    let values: [Float] = (0..<40).map { Float($0 % 4) }
    #expect(abs(try #require(model(values, 40, .categorical)).meanLogLikelihood + log(4)) < 1e-12)
  }

  @Test func oneHotDataHaveTheEntropyOfTheirClasses() throws {
    // Two runs: of four classes as often, and always the second.
    func run(_ chosen: Int) -> [Float] { (0..<4).map { $0 == chosen ? 1 : 0 } }
    let values = (0..<40).flatMap { run($0 % 4) + run(1) }
    var fit = ConstantModelFit(ElementLikelihood(.categorical, isOneHot: true))
    for example in 0..<40 { fit.add(values[example * 8..<(example + 1) * 8]) }
    #expect(abs(try #require(fit.model).meanLogLikelihood + log(4)) < 1e-12)
  }

  @Test func countsAreThoseOfPoisson() throws {
    let constant = try #require(model([Float](repeating: 3, count: 40), 40, .poisson))
    let rate = (3.0 * 40 + 0.5) / 41
    #expect(abs(constant.meanLogLikelihood - (3 * log(rate) - rate - log(6))) < 1e-12)
  }

  @Test func fewExamplesHaveNone() throws {
    #expect(model([Float](repeating: 1, count: 19), 19, .normal) == nil)
  }
}
