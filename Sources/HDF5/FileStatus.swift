import Glibc

/// What the file system has at a path.
enum FileStatus: Equatable {
  case missing
  case regular(size: Int)
  case directory
  /// A pipe or a device, which libhdf5 might wait for endlessly.
  case special
  case unreadable(reason: String)

  init(at path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let number = errno
      if number == ENOENT || number == ENOTDIR {
        self = .missing
      } else {
        self = .unreadable(reason: String(cString: strerror(number)))
      }
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .regular(size: Int(status.st_size))
    case S_IFDIR: self = .directory
    default: self = .special
    }
  }

  /// Whether the file, wherever the format allows it to begin, has the signature of HDF5.
  static func hasSignature(_ bytes: [UInt8]) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var offset = 0
    while offset + signature.count <= bytes.count {
      if bytes[offset..<offset + signature.count].elementsEqual(signature) { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }
}
