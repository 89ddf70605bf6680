import Evidence
import EvidenceTesting
import Foundation
import HDF5
import Models
import Networks
import Testing

/// What is known of examples besides x: read, matched by name, refused with the example that is wrong.
@Suite("Covariates of data")
struct CovariateDataTests {
  /// A model of counts of three genes, given a batch and its totals.
  static func model(names: [String]? = ["g1", "g2", "g3"], total: Bool = true) throws -> NetworkModel {
    func dense(_ outputs: Int, _ inputs: Int, _ covariates: [String] = []) -> Layer {
      let values = (0..<outputs * inputs).map { Float(sin(Double($0 * 7 + outputs))) / 2 }
      var dense = Dense(weight: Tensor(rows: outputs, columns: inputs, values), layout: .weight)
      dense.covariates = covariates
      return Layer(.dense(dense))
    }
    var mean = dense(3, 2 + 2, ["batch"])
    mean.activation = total ? .softmax : .softplus
    var decoder = Conditional(
      .poisson, given: [1], parameters: [.rate: .stack(Stack([mean]))])
    decoder.exposure = total ? .total : .covariate("size")
    var model = ModelDescription(
      input: .init(shape: [3]),
      encoders: [
        Conditional(
          .normal, given: [0],
          parameters: [
            .mean: .stack(Stack([Layer(.activation, activation: .log1p), dense(2, 3)])),
            .scale: .constant(Tensor([0.8, 0.8])),
          ])
      ], decoders: [decoder])
    model.input.names = names
    model.covariates =
      [Covariate("batch", .categorical(["a", "b"]))] + (total ? [] : [Covariate("size", .continuous(size: 1))])
    return try NetworkModel(model)
  }

  static let counts: [Float] = [3, 0, 1, 0, 0, 7, 2, 2, 0, 0, 5, 1]

  private static func write(_ values: [Float], _ shape: [Int], as name: String, to group: Group) throws {
    try group.createDataset(name, type: .float(bits: 32), shape: shape).write(values)
  }

  private static func strings(_ values: [String], as name: String, to group: Group) throws {
    try group.createDataset(name, type: .string, shape: [values.count]).writeStrings(values)
  }

  /// An AnnData file of four cells.
  static func annData(
    _ root: Group, genes: [String] = ["g1", "g2", "g3"], counts: [Float] = counts, codes: [Float] = [1, 0, 0, 1],
    categories: [String] = ["a", "b"], sparse: Bool = false, change: (Group) throws -> Void = { _ in }
  ) throws {
    try root.setAttribute("encoding-type", "anndata")
    if sparse {
      let x = try root.createGroup("X")
      try x.setAttribute("encoding-type", "csr_matrix")
      try x.setAttribute("shape", [4, genes.count])
      var (data, indices, starts): ([Float], [Float], [Float]) = ([], [], [0])
      for cell in 0..<4 {
        for gene in genes.indices where counts[cell * genes.count + gene] != 0 {
          data.append(counts[cell * genes.count + gene])
          indices.append(Float(gene))
        }
        starts.append(Float(data.count))
      }
      try write(data, [data.count], as: "data", to: x)
      try x.createDataset("indices", type: .integer(bits: 32, signed: true), shape: [indices.count]).write(
        indices.map { Int32($0) })
      try x.createDataset("indptr", type: .integer(bits: 32, signed: true), shape: [5]).write(
        starts.map { Int32($0) })
    } else {
      try write(counts, [4, genes.count], as: "X", to: root)
    }
    let obs = try root.createGroup("obs")
    try obs.setAttribute("_index", "_index")
    try strings(["cell1", "cell2", "cell3", "cell4"], as: "_index", to: obs)
    let batch = try obs.createGroup("batch")
    try batch.createDataset("codes", type: .integer(bits: 8, signed: true), shape: [4]).write(codes.map { Int8($0) })
    try strings(categories, as: "categories", to: batch)
    let variables = try root.createGroup("var")
    try variables.setAttribute("_index", "_index")
    try strings(genes, as: "_index", to: variables)
    _ = try root.createGroup("layers")
    try change(root)
  }

  private func weights(
    _ model: NetworkModel, _ choice: PreparationChoice = .init(), _ fill: (Group) throws -> Void
  ) throws -> [Double] {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).h5ad").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try File(creating: path)
    try fill(file.root)
    try file.close()
    let data = try Evidence.Dataset(file: path, for: model, choosing: choice)
    var values: [Double] = []
    _ = try Evaluation(seed: 3, threads: 1).run(ImportanceSampling(samples: 20), under: model, on: data) {
      values.append($1.logLikelihood)
    }
    return values
  }

  private func message(_ model: NetworkModel, _ fill: (Group) throws -> Void) -> String {
    do {
      return "\(try weights(model, .init(), fill))"
    } catch { return "\(error)" }
  }

  @Test("Every form of the same data gives the same bits")
  func forms() throws {
    let model = try Self.model()
    // By hand: categories b, a, a, b.
    let layout = model.plan.covariates
    let known: [Float] = [0, 1, 4, 1, 0, 7, 1, 0, 4, 0, 1, 6]
    let plain = Evidence.Dataset(Self.counts, count: 4, covariates: ExampleCovariates(layout, values: known))
    var expected: [Double] = []
    _ = try Evaluation(seed: 3, threads: 2).run(ImportanceSampling(samples: 20), under: model, on: plain) {
      expected.append($1.logLikelihood)
    }
    #expect(expected.allSatisfy { $0.isFinite })
    #expect(try weights(model) { try Self.annData($0) } == expected)
    #expect(try weights(model) { try Self.annData($0, sparse: true) } == expected)
    // Codes in another order of categories; genes in another order, with one that the model does not know.
    #expect(try weights(model) { try Self.annData($0, codes: [0, 2, 2, 0], categories: ["b", "c", "a"]) } == expected)
    let shuffled: [Float] = [1, 9, 3, 0, 7, 9, 0, 0, 0, 9, 2, 2, 1, 9, 0, 5]
    for sparse in [false, true] {
      let found = try weights(model) {
        try Self.annData($0, genes: ["g3", "other", "g1", "g2"], counts: shuffled, sparse: sparse)
      }
      #expect(found == expected)
    }
    // Strings, numbers that are names, one-hot; said where.
    #expect(
      try weights(model, .init(covariates: ["batch": "obs/plate"])) {
        try Self.annData($0, codes: [0, 0, 0, 0]) {
          try Self.strings(["b", "a", "a", "b"], as: "plate", to: $0.group("obs"))
        }
      } == expected)
    #expect(
      try weights(model, .init(covariates: ["batch": "obs/hot"])) {
        try Self.annData($0) { try Self.write([0, 1, 1, 0, 1, 0, 0, 1], [4, 2], as: "hot", to: $0.group("obs")) }
      } == expected)
    // AnnData before 0.8.
    #expect(
      try weights(model, .init(covariates: ["batch": "obs/old"])) {
        try Self.annData($0) { root in
          let obs = try root.group("obs")
          try obs.createDataset("old", type: .integer(bits: 8, signed: true), shape: [4]).write([Int8(1), 0, 0, 1])
          try Self.strings(["a", "b"], as: "old", to: obs.createGroup("__categories"))
        }
      } == expected)
  }

  @Test("Arrays of numpy beside the examples are their covariates")
  func archives() throws {
    let model = try Self.model(names: nil, total: false)
    let sizes: [Float] = [4, 7.5, 4, 6]
    let expected = try weights(model) {
      try Self.annData($0) { try Self.write(sizes, [4], as: "size", to: $0.group("obs")) }
    }
    func found(_ batch: (String, String, [UInt8]), named: [String: String] = [:]) throws -> [Double] {
      let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).npz").path
      defer { try? FileManager.default.removeItem(atPath: path) }
      try NumpyArchiveBytes.archive([
        ("x", NumpyTests.array("<f4", "4, 3", NumpyTests.bytes(Self.counts))),
        (batch.0, NumpyTests.array(batch.1, batch.1 == "|u1" ? "4, 2" : "4,", batch.2)),
        ("size", NumpyTests.array("<f8", "4,", NumpyTests.bytes(sizes.map(Double.init)))),
      ]).write(to: URL(filePath: path))
      let choice = PreparationChoice(covariates: named)
      let data = try Evidence.Dataset(file: path, dataset: "x", for: model, choosing: choice)
      var values: [Double] = []
      _ = try Evaluation(seed: 3, threads: 1).run(ImportanceSampling(samples: 20), under: model, on: data) {
        values.append($1.logLikelihood)
      }
      return values
    }
    #expect(try found(("batch", "|u1", [0, 1, 1, 0, 1, 0, 0, 1])) == expected)
    #expect(try found(("plate", "|u1", [0, 1, 1, 0, 1, 0, 0, 1]), named: ["batch": "plate"]) == expected)
    #expect(throws: EvidenceError.self) { try found(("plate", "|u1", [0, 1, 1, 0, 1, 0, 0, 1])) }
    // Numbers are names of categories, and the model's are a and b.
    #expect(throws: EvidenceError.self) { try found(("batch", "<i2", NumpyTests.bytes([1, 0, 0, 1] as [Int16]))) }
  }

  @Test("What is wrong is said with the example")
  func mistakes() throws {
    let model = try Self.model()
    #expect(
      message(model) { try Self.annData($0, codes: [1, 0, -1, 1]) }.contains(
        "example 2: the category is missing (code -1)"))
    #expect(
      message(model) { try Self.annData($0, codes: [1, 5, 0, 1]) }.contains(
        "example 1: expected a code of 0 … 1, found 5"))
    #expect(
      message(model) { try Self.annData($0, categories: ["a", "z"]) }.contains(
        "example 0: unknown category \"z\"; the model knows 2: a, b"))
    #expect(
      message(model) { try Self.annData($0, genes: ["g1", "G2", "g9"]) }.contains(
        "2 of the 3 variables that the model names are not among the data's 3: g2, g3"))
    #expect(
      message(model) { try Self.annData($0, counts: [3, 0, 1, 0, 0, 0, 2, 2, 0, 0, 5, 1]) }.contains(
        "example 1: all its counts are 0"))
    let lognormal: [Float] = [1.4, 0, 0.7, 0, 0, 2.1, 1.1, 1.1, 0, 0, 1.8, 0.7]
    let said = message(model) {
      try Self.annData($0, counts: lognormal) {
        try Self.write(Self.counts, [4, 3], as: "counts", to: $0.group("layers"))
      }
    }
    #expect(said.contains("normalized and log-transformed; counts are wanted: /layers/counts holds whole numbers"))
    let missing = message(model) { root in
      try Self.write(Self.counts, [4, 3], as: "X", to: root)
    }
    #expect(missing.contains("the model is given batch, which is not there; looked for /batch, /obs/batch"))
    let sized = try Self.model(total: false)
    let negative = message(sized) {
      try Self.annData($0) { try Self.write([1, 2, -3, 4], [4], as: "size", to: $0.group("obs")) }
    }
    #expect(negative.contains("example 2: expected a positive size"))
    #expect(
      message(sized) {
        try Self.annData($0) { try Self.write([1, 2, .nan, 4], [4], as: "size", to: $0.group("obs")) }
      }.contains("example 2: expected a number, found nan"))
    #expect(throws: EvidenceError.self) {
      try weights(model, .init(covariates: ["plate": "obs/batch"])) { try Self.annData($0) }
    }
    // Data that say nothing of covariates at all.
    #expect(throws: EvidenceError.self) {
      try Evaluation(threads: 1).run(
        ImportanceSampling(samples: 2), under: model, on: Evidence.Dataset(Self.counts, count: 4))
    }
  }

  @Test("A check simulates at the covariates of the data, and annealing is tuned there")
  func checks() throws {
    let model = try Self.model()
    let layout = model.plan.covariates
    let data = Evidence.Dataset(
      Self.counts, count: 4, covariates: ExampleCovariates(layout, values: [0, 1, 4, 1, 0, 7, 1, 0, 4, 0, 1, 6]))
    var options = Evaluation(seed: 1, threads: 1)
    #expect(throws: EvidenceError.self) {
      try ModelCheck(simulated: 8, plainSamples: 50).run(
        ImportanceSampling(samples: 50), under: model, options: options)
    }
    options.dataOfCovariates = data
    let summary = try ModelCheck(simulated: 8, plainSamples: 400).run(
      ImportanceSampling(samples: 400), under: model, options: options)
    #expect(summary.checked.gap.mean.magnitude < 3)
    let annealed = try Evaluation(seed: 1, threads: 1).run(
      AnnealedImportanceSampling(chains: 16, temperatures: 20), under: model, on: data)
    let plain = try Evaluation(seed: 1, threads: 1).run(ImportanceSampling(samples: 4000), under: model, on: data)
    // Both are unbiased for p(x | batch, its total); 16 chains spread by a tenth of a nat.
    #expect(abs(annealed.mean - plain.mean) < 0.4)
  }

  @Test("Results of different quantities are not compared")
  func quantities() {
    let plain = ResultsSettings(
      estimator: "importance-sampling", samples: 1, seed: 0, modelSHA256: "", dataSHA256: "", dataset: "x",
      preprocessing: Preprocessing(), examples: 0..<1, evidenceVersion: "")
    var given = plain
    given.facts.condition = "label"
    #expect(given.dataDifferences(from: plain) == ["quantity: log p(x) and log p(x | label)"])
    #expect(given.dataDifferences(from: given).isEmpty)
  }

  /// For each category, a linear-Gaussian model whose mean is moved by it.
  @Test("The exact posterior of a linear-Gaussian model with a covariate gives its exact log-likelihood at every draw")
  func linearGaussian() throws {
    let exact = LinearGaussian(sizes: [4, 2])
    let plain = exact.description()
    var model = plain
    model.covariates = [Covariate("dose", .continuous(size: 1))]
    let shift: [Float] = [0.5, -1, 0.25, 2]
    // x given z and the dose: the mean moves along `shift`, so that q must take that off x.
    guard case .stack(var decoder)? = plain.decoders[0].parameters[.mean],
      case .dense(var likelihood)? = decoder.layers.first?.operation,
      case .stack(var encoder)? = plain.encoders[0].parameters[.mean],
      case .dense(var posterior)? = encoder.layers.first?.operation
    else { return #expect(Bool(false), "the model is made of dense layers") }
    func adding(_ column: [Float], to dense: Dense) -> Dense {
      let (rows, columns) = (dense.weight.shape[0], dense.weight.shape[1])
      var result = dense
      result.weight = Tensor(
        rows: rows, columns: columns + 1,
        (0..<rows).flatMap { Array(dense.weight.values[$0 * columns..<($0 + 1) * columns]) + [column[$0]] })
      result.covariates = ["dose"]
      return result
    }
    let taken = (0..<2).map { row in
      -(0..<4).reduce(Float(0)) { $0 + posterior.weight.values[row * 4 + $1] * shift[$1] }
    }
    likelihood = adding(shift, to: likelihood)
    posterior = adding(taken, to: posterior)
    decoder.layers[0].operation = .dense(likelihood)
    encoder.layers[0].operation = .dense(posterior)
    model.decoders[0].parameters[.mean] = .stack(decoder)
    model.encoders[0].parameters[.mean] = .stack(encoder)
    let network = try NetworkModel(model)
    let doses: [Float] = [0, 1, -2, 0.5]
    let base = exact.sample(4)
    let examples = zip(base, doses).map { x, dose in zip(x, shift).map { $0 + dose * $1 } }
    let data = Evidence.Dataset(
      examples.flatMap { $0 }, count: 4, covariates: ExampleCovariates(network.plan.covariates, values: doses))
    var found: [LogLikelihoodMeasurement] = []
    _ = try Evaluation(threads: 2).run(ImportanceSampling(samples: 50), under: network, on: data) { found.append($1) }
    for (measured, (x, dose)) in zip(found, zip(examples, doses)) {
      let expected = exact.logLikelihood(zip(x, shift).map { Double($0) - Double(dose) * Double($1) })
      // Float32: residuals of a few units in the last place of 4, times a precision of 6.
      #expect(abs(measured.logLikelihood - expected) < 1e-4)
      #expect(measured.effectiveSampleSize > 49.99)
    }
  }
}
