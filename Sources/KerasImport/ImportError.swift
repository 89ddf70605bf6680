import Compression

/// Why a foreign checkpoint could not be imported.
///
/// `description` is one or two plain lines: where, what is wrong, what was expected and what was found.
public struct ImportError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. More kinds may come: switch with a default.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String
    private init(_ name: String) { self.name = name }

    /// The kind's name, such as `missingWeights`.
    public var description: String { name }

    /// There is no file at the path.
    public static let noSuchFile = Code("noSuchFile")
    /// The file could not be read.
    public static let inputOutput = Code("inputOutput")
    /// The file is of another kind than any that is read here.
    public static let notACheckpoint = Code("notACheckpoint")
    /// A zip archive that is damaged, or that asks for something dangerous.
    public static let badArchive = Code("badArchive")
    /// Text that is not JSON, or JSON that is nested too deeply.
    public static let badJSON = Code("badJSON")
    /// A configuration that contradicts itself.
    public static let badConfiguration = Code("badConfiguration")
    /// A layer, or an option of one, that the model format cannot express.
    public static let unsupportedLayer = Code("unsupportedLayer")
    /// A layer of the configuration whose weights are not in the file.
    public static let missingWeights = Code("missingWeights")
    /// Weights of another shape or number than the layer takes.
    public static let wrongWeights = Code("wrongWeights")
    /// Something that the file does not say and that the caller has to.
    public static let undecided = Code("undecided")
    /// More than an importer may be asked to hold.
    public static let tooLarge = Code("tooLarge")
  }

  /// The kind of failure.
  public var code: Code
  /// The file, as its opener named it; empty where several files are at fault together.
  public var file: String
  /// The layer, or the path inside the file; nil where the file as a whole is at fault.
  public var place: String?
  /// What is wrong.
  public var message: String
  /// What was expected.
  public var expected: String?
  /// What was found.
  public var found: String?
  /// What to say to the import, where it could not decide.
  public var remedy: KerasRemedy?

  /// An error about a file, or about a place in it.
  public init(
    _ code: Code, file: String, place: String? = nil, _ message: String, expected: String? = nil, found: String? = nil,
    remedy: KerasRemedy? = nil
  ) {
    self.code = code
    self.file = file
    self.place = place
    self.message = message
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  /// File, place and message in one line; what was expected and what was found in a second.
  public var description: String { words(calling: \.scriptName) }

  /// The description, with each option called as the caller calls it: `error.words { "--\($0.rawValue)" }`.
  public func words(calling name: (KerasOption) -> String) -> String {
    let first = [file.isEmpty ? nil : file, place, message].compactMap(\.self).joined(separator: ": ")
    let wanted = [expected, remedy?.words(calling: name)].compactMap(\.self).joined(separator: ", or ")
    let second = [wanted.isEmpty ? nil : "expected " + wanted, found.map { "found " + $0 }].compactMap(\.self)
    return second.isEmpty ? first : first + "\n" + second.joined(separator: ", ")
  }
}

extension ImportError {
  /// What is wrong with an archive.
  init(_ error: ZipError) {
    let code: Code =
      switch error.code {
      case .unreadable: .inputOutput
      case .damaged: .badArchive
      case .tooLarge: .tooLarge
      }
    self.init(
      code, file: error.file, place: error.place, error.message, expected: error.expected, found: error.found)
  }
}
