import Models
import Networks

/// What per-example results depend on. Two runs with equal settings give the same rows to the last bit, whatever their
/// ranges of examples.
public struct ResultsSettings: Sendable, Equatable {
  /// The command that made them, such as `nll`.
  public var command: String
  /// The estimator's name.
  public var estimator: String
  /// The estimator's options other than the number of samples, by name, in words.
  public var options: [String: String]
  /// Draws for each example.
  public var samples: Int
  /// What the numbers of each column of several stand for, by the column's name: the numbers of draws of `curve`.
  public var labels: [String: [Int]]
  /// The seed of the draws.
  public var seed: UInt64
  /// The seed of random preprocessing; that of the draws unless they are replicates.
  public var dataSeed: UInt64
  /// SHA-256 of the model's file.
  public var modelSHA256: String
  /// SHA-256 of the data's file.
  public var dataSHA256: String
  /// The dataset's path inside the data's file.
  public var dataset: String
  /// What happens to each example before the model sees it.
  public var preprocessing: Preprocessing
  /// The examples that the run is to measure. Rows do not depend on it: a run may be gone on with over more examples, and
  /// the rows of several ranges make one dataset.
  public var examples: Range<Int>
  /// The version of this package.
  public var evidenceVersion: String
  /// Where the model was; only for people, not compared.
  public var modelPath: String
  /// Where the data were; only for people, not compared.
  public var dataPath: String
  /// What readers of the file want to know without the model and the data; not compared.
  public var facts = Facts()

  /// Facts about the model and the data that say how to read the numbers. Each is nil in a file that does not say.
  public struct Facts: Sendable, Equatable {
    /// The model's name.
    public var modelName: String?
    /// The likelihood, such as `bernoulli`.
    public var likelihood: String?
    /// What x is conditioned on, such as `label`: the numbers are then log p(x | label).
    public var condition: String?
    /// Elements of an example: what bits per dimension are divided by.
    public var elements: Int?
    /// Whether grey data met a Bernoulli likelihood, so that the numbers are a cross-entropy.
    public var isCrossEntropy: Bool?
    /// What annealing was tuned to.
    public var tuned: TunedAnnealing?
    /// The processor instructions that the rows were computed with, such as `avx2`; numbers of two differ by rounding.
    public var instructionSet: String?
    /// The name of every example of the dataset, such as a cell's, where it has names. Rows are saved with theirs; settings that
    /// were read from a file have none (`ResultsFile.exampleNames`).
    public var exampleNames: [String]?
    /// The examples of all the shards of which this file is one.
    public var wholeRange: Range<Int>?

    /// What the numbers are logarithms of: `p(x)`, or `p(x | label)`.
    public var density: String { condition.map { "p(x | \($0))" } ?? "p(x)" }

    /// Nothing said.
    public init() {}
  }

  /// Settings.
  public init(
    command: String = "nll", estimator: String, options: [String: String] = [:], samples: Int,
    curveSamples: [Int] = [], seed: UInt64, dataSeed: UInt64? = nil, modelSHA256: String, dataSHA256: String,
    dataset: String, preprocessing: Preprocessing, examples: Range<Int>, evidenceVersion: String,
    modelPath: String = "", dataPath: String = ""
  ) {
    self.command = command
    self.estimator = estimator
    self.options = options
    self.samples = samples
    labels = curveSamples.isEmpty ? [:] : ["curve": curveSamples]
    self.seed = seed
    self.dataSeed = dataSeed ?? seed
    self.modelSHA256 = modelSHA256
    self.dataSHA256 = dataSHA256
    self.dataset = dataset
    self.preprocessing = preprocessing
    self.examples = examples
    self.evidenceVersion = evidenceVersion
    self.modelPath = modelPath
    self.dataPath = dataPath
  }

  /// The numbers of draws at which the curve L_k has points; empty where the estimator has no weights.
  public var curveSamples: [Int] {
    get { labels(of: "curve") }
    set { labels["curve"] = newValue.isEmpty ? nil : newValue }
  }

  /// What the numbers of a column stand for; empty where there is no such column.
  public func labels(of column: String) -> [Int] { labels[column] ?? [] }

  /// A setting in words, under the name of its attribute.
  struct Field: Equatable {
    var name: String
    var value: String
  }

  /// Settings that the data, as the model sees them, depend on.
  var dataFields: [Field] {
    var fields = [
      Field(name: "data_sha256", value: dataSHA256),
      Field(name: "dataset", value: dataset),
      Field(name: "dequantize", value: preprocessing.dequantize ? "true" : "false"),
      Field(name: "divide_by", value: "\(preprocessing.divideBy)"),
      Field(name: "binarize", value: preprocessing.binarize.rawValue),
    ]
    if preprocessing.dequantize || preprocessing.binarize == .bernoulli {
      fields.append(Field(name: "data_seed", value: "\(dataSeed)"))
    }
    return fields
  }

  /// The options that say which data are taken, and how.
  private var dataOptions: [Field] {
    options.filter { $0.key == Self.axesOption || $0.key.hasPrefix(Self.covariateOption) }
      .sorted { $0.key < $1.key }.map { Field(name: $0.key, value: $0.value) }
  }

  /// The option that holds the order in which the data's axes are taken.
  public static let axesOption = "axes"
  /// With a covariate's name behind it, the option that holds where that covariate was said to be.
  public static let covariateOption = "covariate_"

  /// How the data were taken and prepared, to take them so again.
  package var preparation: PreparationChoice {
    let named = options.filter { $0.key.hasPrefix(Self.covariateOption) }
    return PreparationChoice(
      binarize: preprocessing.binarize, divideBy: preprocessing.divideBy, dequantize: preprocessing.dequantize,
      axes: options[Self.axesOption]?.split(separator: ",").compactMap { Int($0) },
      covariates: Dictionary(
        uniqueKeysWithValues: named.map { (String($0.key.dropFirst(Self.covariateOption.count)), $0.value) }))
  }

  /// Every setting that rows depend on: what a run is known by.
  var fields: [Field] {
    [
      Field(name: "command", value: command),
      Field(name: "estimator", value: estimator),
      Field(name: "samples", value: "\(samples)"),
    ] + options.sorted { $0.key < $1.key }.map { Field(name: ResultsSettings.optionPrefix + $0.key, value: $0.value) }
      + [
        Field(name: "seed", value: "\(seed)"),
        Field(name: "model_sha256", value: modelSHA256),
      ] + dataFields
      + labels.sorted { $0.key < $1.key }.map {
        Field(name: $0.key, value: $0.value.map(String.init).joined(separator: ","))
      } + [Field(name: "evidence_version", value: evidenceVersion)]
  }

  /// What an estimator's option is called in the file: this, and its name.
  static let optionPrefix = "option_"

  /// A digest of every setting that results depend on.
  var digest: [UInt8] {
    // Lengths, so that no value can pass for two.
    SHA256.digest(
      of: fields.map { "\($0.name)=\($0.value.utf8.count):\($0.value)\n" }.joined())
  }

  /// How a run that asks for `self` differs from one that made a file, in words; empty where its results are the same.
  public func differences(from made: ResultsSettings) -> [String] {
    ResultsSettings.differences(asked: fields, found: made.fields) {
      "\($0): the file was made with \($1), this run asks for \($2)"
    }
  }

  /// How two files are not parts of one run, in words; empty where they are.
  func differences(between other: ResultsSettings) -> [String] {
    ResultsSettings.differences(asked: fields, found: other.fields) { "\($0): \($1) and \($2)" }
  }

  /// How the data of two results differ, in words; empty where they are the same.
  public func dataDifferences(from other: ResultsSettings) -> [String] {
    let quantities = [other, self].map(\.facts.density)
    return (quantities[0] == quantities[1] ? [] : ["quantity: log \(quantities[0]) and log \(quantities[1])"])
      + ResultsSettings.differences(asked: dataFields + dataOptions, found: other.dataFields + other.dataOptions) {
        "\($0): \($1) and \($2)"
      }
  }

  private static func differences(
    asked: [Field], found: [Field], _ words: (_ name: String, _ found: String, _ asked: String) -> String
  ) -> [String] {
    let none = "none"
    var lines: [String] = []
    for field in asked {
      let other = found.first { $0.name == field.name }
      if field != other { lines.append(words(field.name, shown(other?.value ?? none), shown(field.value))) }
    }
    for field in found where !asked.contains(where: { $0.name == field.name }) {
      lines.append(words(field.name, shown(field.value), none))
    }
    return lines
  }

  /// A digest is recognised by its beginning.
  private static func shown(_ value: String) -> String {
    value.isEmpty ? "none" : value.utf8.count == 64 ? value.prefix(12) + "…" : value
  }
}
