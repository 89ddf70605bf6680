public import Models

/// How data are taken and prepared where someone decides it, whatever the model file says; nil where the files decide.
public struct PreparationChoice: Sendable, Equatable {
  /// How grey values become binary ones.
  public var binarize: Binarization?
  /// What stored values are divided by.
  public var divideBy: Double?
  /// Whether uniform noise is added to the stored integers.
  public var dequantize: Bool?

  /// The order in which the stored axes are taken, the first of them counting examples, as numpy's transpose takes it.
  public var axes: [Int]?

  /// Where in the file a covariate of the model is, by its name; by default the dataset, or the column of obs, of that name.
  public var covariates: [String: String]

  /// By default, the files decide on everything.
  public init(
    binarize: Binarization? = nil, divideBy: Double? = nil, dequantize: Bool? = nil, axes: [Int]? = nil,
    covariates: [String: String] = [:]
  ) {
    self.covariates = covariates
    self.axes = axes
    self.binarize = binarize
    self.divideBy = divideBy
    self.dequantize = dequantize
  }
}

/// How the examples of a dataset came to be prepared as they are.
public struct Preparation: Sendable, Equatable {
  /// Who asked for a step.
  public enum Origin: Sendable {
    /// Whoever opened the dataset.
    case caller
    /// The model file.
    case modelFile
    /// The stored data, which show that it was done before.
    case data
    /// Nobody: the step is left out.
    case nobody
  }

  /// Who asked for `binarize`.
  public internal(set) var binarize = Origin.nobody
  /// Who asked for `divideBy`.
  public internal(set) var divideBy = Origin.nobody
  /// Who asked for `dequantize`.
  public internal(set) var dequantize = Origin.nobody
  /// What the model file asks for and was left out, since the data are stored as 0 and 1 already; nil where nothing was.
  public internal(set) var leftOut: Preprocessing?

  /// Nobody asked for anything.
  public init() {}
}
