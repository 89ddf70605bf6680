import HDF5
import Models
import Networks

extension ResultsSettings {
  /// Writes the settings as attributes of a results file's root.
  func write(to root: Group) throws {
    try root.setAttribute("command", command)
    try root.setAttribute("estimator", estimator)
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      try root.setAttribute(ResultsSettings.optionPrefix + name, value)
    }
    try root.setAttribute("samples", samples)
    try set("seed", seed, root)
    try set("data_seed", dataSeed, root)
    try root.setAttribute("model_sha256", modelSHA256)
    try root.setAttribute("data_sha256", dataSHA256)
    try root.setAttribute("dataset", dataset)
    try root.setAttribute("dequantize", preprocessing.dequantize)
    try root.setAttribute("divide_by", preprocessing.divideBy)
    try root.setAttribute("binarize", preprocessing.binarize.rawValue)
    try writeRange(to: root)
    try root.setAttribute("evidence_version", evidenceVersion)
    try root.setAttribute("model", modelPath)
    try root.setAttribute("data", dataPath)
    try writeFacts(to: root)
  }

  /// Writes what is known of model and data, which may come to be more.
  func writeFacts(to root: Group) throws {
    if let name = facts.modelName { try root.setAttribute("model_name", name) }
    if let likelihood = facts.likelihood { try root.setAttribute("likelihood", likelihood) }
    if let condition = facts.condition { try root.setAttribute("condition", condition) }
    if let elements = facts.elements { try root.setAttribute("elements", elements) }
    if let instructionSet = facts.instructionSet { try root.setAttribute("instruction_set", instructionSet) }
    if let whole = facts.wholeRange {
      try root.setAttribute("whole_first", whole.lowerBound)
      try root.setAttribute("whole_last", whole.upperBound)
    }
    if let isCrossEntropy = facts.isCrossEntropy {
      try root.setAttribute("quantity", isCrossEntropy ? "cross-entropy" : "log-likelihood")
    }
    if let tuned = facts.tuned {
      try root.setAttribute("annealing_temperatures", tuned.schedule.temperatures)
      try root.setAttribute("annealing_leapfrogs", tuned.schedule.leapfrogs)
      try root.setAttribute("annealing_steps", tuned.schedule.steps)
      try root.setAttribute("annealing_examples", tuned.examples)
      if let gap = tuned.gap { try root.setAttribute("annealing_gap", gap) }
    }
  }

  /// The attribute of a column of several numbers that says what they stand for.
  static func labelAttribute(of column: String) -> String { column == "curve" ? "samples" : "labels" }

  /// Writes the range alone, which may grow.
  func writeRange(to root: Group) throws {
    try root.setAttribute("examples_first", examples.lowerBound)
    try root.setAttribute("examples_last", examples.upperBound)
  }

  /// An int64 where it is one, as other numbers are.
  private func set(_ name: String, _ value: UInt64, _ root: Group) throws {
    if let small = Int(exactly: value) {
      try root.setAttribute(name, small)
    } else {
      try root.setAttribute(name, value)
    }
  }

  /// Reads the settings from a results file's root.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where one is missing, `HDF5Error` where one is of the wrong type.
  init(from root: Group) throws {
    func require<Value>(_ name: String, _ read: (String) throws -> Value?) throws -> Value {
      guard let value = try read(name) else {
        throw EvidenceError(.invalidResults, "\(root.file.name): not a results file: it has no attribute \(name)")
      }
      return value
    }
    let binarize = try require("binarize", root.string)
    guard let binarization = Binarization(rawValue: binarize) else {
      throw EvidenceError(
        .invalidResults,
        "\(root.file.name): attribute binarize: expected none, threshold or bernoulli, found \(binarize)")
    }
    let first = try require("examples_first", root.integer)
    let last = try require("examples_last", root.integer)
    guard 0 <= first, first <= last else {
      throw EvidenceError(.invalidResults, "\(root.file.name): there is no range of examples \(first)..\(last)")
    }
    var options: [String: String] = [:]
    for name in try root.attributeNames() where name.hasPrefix(ResultsSettings.optionPrefix) {
      options[String(name.dropFirst(ResultsSettings.optionPrefix.count))] = try root.string(name)
    }
    let seed = try require("seed", root.unsignedInteger)
    self.init(
      command: try require("command", root.string), estimator: try require("estimator", root.string),
      options: options, samples: try require("samples", root.integer), seed: seed,
      dataSeed: try root.unsignedInteger("data_seed"), modelSHA256: try require("model_sha256", root.string),
      dataSHA256: try require("data_sha256", root.string), dataset: try require("dataset", root.string),
      preprocessing: Preprocessing(
        dequantize: try root.boolean("dequantize") ?? false, divideBy: try require("divide_by", root.double),
        binarize: binarization),
      examples: first..<last, evidenceVersion: try require("evidence_version", root.string),
      modelPath: try root.string("model") ?? "", dataPath: try root.string("data") ?? "")
    let columns = try root.group(ResultsFile.groupName)
    for child in try columns.children() where child.kind == .dataset {
      let dataset = try columns.dataset(child.name)
      guard dataset.shape.count == 2 else { continue }
      labels[child.name] = try dataset.integers(ResultsSettings.labelAttribute(of: child.name))
    }
    facts.modelName = try root.string("model_name")
    facts.likelihood = try root.string("likelihood")
    facts.condition = try root.string("condition")
    facts.elements = try root.integer("elements")
    facts.instructionSet = try root.string("instruction_set")
    if let first = try root.integer("whole_first"), let last = try root.integer("whole_last"), 0 <= first, first <= last
    {
      facts.wholeRange = first..<last
    }
    facts.isCrossEntropy = try root.string("quantity").map { $0 == "cross-entropy" }
    if let temperatures = try root.integer("annealing_temperatures") {
      let schedule = AnnealingSchedule(
        temperatures: temperatures, leapfrogs: try root.integer("annealing_leapfrogs") ?? 0,
        steps: try root.doubles("annealing_steps") ?? [])
      facts.tuned = TunedAnnealing(
        schedule: schedule, gap: try root.double("annealing_gap"),
        examples: try root.integer("annealing_examples") ?? 0)
    }
  }
}
