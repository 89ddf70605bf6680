import CHDF5

/// What groups and datasets have in common: a file, a path and attributes.
public class Object: @unchecked Sendable {
  /// The file it is in.
  public let file: File
  /// The path inside the file, from the root.
  public let path: String
  let handle: Handle

  init(file: File, path: String, handle: Handle) {
    self.file = file
    self.path = path
    self.handle = handle
  }

  var place: Place { Place(file: file.name, path: path) }

  /// Runs an operation on the object with libhdf5 to itself, unless the file was closed.
  func locked<Result>(_ operation: () throws -> Result) throws -> Result {
    try Library.locked {
      _ = try file.identifier()
      return try operation()
    }
  }
}

/// The names that an enumeration of libhdf5 calls back with.
struct NameCollector {
  var names: [String] = []
  let limit: Int

  /// Collects the names of links or of attributes. Call it while holding the lock.
  static func collect(
    limit: Int, _ place: Place, _ what: String,
    _ enumerate: (chdf5_name_callback, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    var collector = NameCollector(limit: limit)
    let status = withUnsafeMutablePointer(to: &collector) { pointer in
      enumerate(
        { name, context in
          guard let name, let collector = context?.assumingMemoryBound(to: NameCollector.self) else { return 1 }
          guard collector.pointee.names.count < collector.pointee.limit else { return 1 }
          collector.pointee.names.append(String(cString: name))
          return 0
        }, pointer)
    }
    guard status >= 0 else { throw place.failure(.damaged, "the names of its \(what) can't be read") }
    guard status == 0 else { throw place.error(.tooLarge, "has more than \(limit) \(what)") }
    return collector.names.sorted()
  }
}
