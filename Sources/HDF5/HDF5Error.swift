/// Something that a file, or an object in it, did not allow.
///
/// `description` is one or two plain lines; libhdf5's own account of the failure is kept apart in `libraryStack`.
public struct HDF5Error: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. More kinds may come: switch with a default.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String
    private init(_ name: String) { self.name = name }

    /// The kind's name, such as `noSuchFile`.
    public var description: String { name }

    /// There is no file at the path.
    public static let noSuchFile = Code("noSuchFile")
    /// The file is not an HDF5 file.
    public static let notHDF5 = Code("notHDF5")
    /// The file is shorter than it says.
    public static let truncated = Code("truncated")
    /// The file has the signature of HDF5, but what follows makes no sense.
    public static let damaged = Code("damaged")
    /// The file has no object at the path.
    public static let noSuchObject = Code("noSuchObject")
    /// A group instead of a dataset, strings instead of numbers, and so on.
    public static let wrongType = Code("wrongType")
    /// Another shape or number of elements than asked for.
    public static let wrongShape = Code("wrongShape")
    /// More elements than the file can hold, or than the caller allows.
    public static let tooLarge = Code("tooLarge")
    /// A feature of HDF5 that is deliberately not followed, such as an external link.
    public static let refused = Code("refused")
    /// A file or an object that can't be made.
    public static let cannotCreate = Code("cannotCreate")
    /// Another process, or another part of this one, is using the file.
    public static let inUse = Code("inUse")
    /// The file was closed before.
    public static let closed = Code("closed")
    /// There is no space left where the file is written.
    public static let outputFull = Code("outputFull")
    /// Reading or writing failed.
    public static let inputOutput = Code("inputOutput")
  }

  /// The kind of failure.
  public var code: Code
  /// The file, as its opener named it.
  public var file: String
  /// The path inside the file; nil where the file as a whole is at fault.
  public var path: String?
  /// What is wrong.
  public var message: String
  /// What was expected.
  public var expected: String?
  /// What was found.
  public var found: String?
  /// libhdf5's error stack, outermost call first; empty where libhdf5 did not complain.
  public var libraryStack: [String]

  /// An error about a file, or about an object in it.
  public init(
    _ code: Code, file: String, path: String? = nil, _ message: String, expected: String? = nil, found: String? = nil,
    libraryStack: [String] = []
  ) {
    self.code = code
    self.file = file
    self.path = path
    self.message = message
    self.expected = expected
    self.found = found
    self.libraryStack = libraryStack
  }

  /// File, path and message in one line; what was expected and what was found in a second.
  public var description: String {
    var first = file
    if let path { first += ": " + path }
    first += ": " + message
    let second = [expected.map { "expected " + $0 }, found.map { "found " + $0 }].compactMap(\.self)
    return second.isEmpty ? first : first + "\n" + second.joined(separator: ", ")
  }
}
