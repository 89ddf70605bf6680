import CHDF5

/// A group of a file: what a directory is to a file system.
public final class Group: Object, @unchecked Sendable {
  /// Something that a group holds.
  public struct Child: Sendable, Equatable {
    /// What a child is.
    public enum Kind: Sendable, Equatable {
      /// Another group.
      case group
      /// A dataset.
      case dataset
      /// Something else (an external link, a link that leads nowhere, a named type), in words.
      case other(String)
    }
    /// The name within the group.
    public var name: String
    /// What it is; for a soft link, what it leads to.
    public var kind: Kind

    /// A child.
    public init(name: String, kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// No group that people make has more, and listing more takes long.
  static let childLimit = 100_000

  /// The children, sorted by name.
  ///
  /// - Throws: `HDF5Error` (`damaged`, `tooLarge`, `closed`).
  public func children() throws -> [Child] {
    try locked {
      try names().map { Child(name: $0, kind: kind(ofChild: $0)) }
    }
  }

  func names() throws -> [String] {
    try NameCollector.collect(limit: Group.childLimit, place, "children") { chdf5_each_link(handle.id, $0, $1) }
  }

  private func kind(ofChild name: String) -> Child.Kind {
    let link = chdf5_link_kind(handle.id, name, Library.linkAccess.id)
    if link == H5L_TYPE_EXTERNAL.rawValue { return .other("external link") }
    if link > H5L_TYPE_SOFT.rawValue { return .other("user-defined link") }
    var identity = chdf5_identity()
    guard chdf5_identify(handle.id, name, Library.linkAccess.id, &identity) >= 0 else {
      return .other(link == H5L_TYPE_SOFT.rawValue ? "soft link that leads nowhere" : "unreadable object")
    }
    switch identity.type {
    case H5O_TYPE_GROUP.rawValue: return .group
    case H5O_TYPE_DATASET.rawValue: return .dataset
    default: return .other("named type")
    }
  }

  /// The file that an external link leads to; nil for other links. Call it while holding the lock.
  func externalTarget(_ name: String) -> String? {
    guard chdf5_link_kind(handle.id, name, Library.linkAccess.id) == H5L_TYPE_EXTERNAL.rawValue else { return nil }
    var text = [CChar](repeating: 0, count: 1024)
    guard chdf5_external_target(handle.id, name, &text, text.count) == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether the group has a child of that name, or its descendants one at that path; also for links that lead nowhere.
  ///
  /// - Throws: `HDF5Error` (`closed`).
  public func hasChild(_ name: String) throws -> Bool {
    try locked {
      let names = ObjectPath.components(name)
      guard !names.isEmpty, !name.utf8.contains(0) else { return false }
      var prefix = ""
      for component in names {
        prefix += (prefix.isEmpty ? "" : "/") + component
        guard chdf5_link_kind(handle.id, prefix, Library.linkAccess.id) >= 0 else { return false }
      }
      return true
    }
  }

  /// The group at a path, relative to this one, or to the root where it begins with a slash.
  ///
  /// - Throws: `HDF5Error` (`noSuchObject`, `wrongType`, `refused`, `damaged`, `closed`).
  public func group(_ path: String) throws -> Group {
    try locked {
      let found = try ObjectPath(path, from: self).open()
      return Group(file: file, path: found.path, handle: try found.handle(expecting: H5I_GROUP, "a group"))
    }
  }

  /// The dataset at a path, relative to this group, or to the root where it begins with a slash.
  ///
  /// - Throws: `HDF5Error` (`noSuchObject`, `wrongType`, `refused`, `tooLarge`, `damaged`, `closed`).
  public func dataset(_ path: String) throws -> Dataset {
    try locked {
      let found = try ObjectPath(path, from: self).open()
      let handle = try found.handle(expecting: H5I_DATASET, "a dataset")
      return try Dataset(file: file, path: found.path, opened: handle)
    }
  }

  /// Creates a group, and those on the way to it.
  ///
  /// - Throws: `HDF5Error` (`cannotCreate`, `outputFull`, `closed`).
  public func createGroup(_ name: String) throws -> Group {
    try locked {
      let target = try ObjectPath(name, from: self).vacant()
      let id = H5Gcreate2(handle.id, target.relative, Library.linkCreation.id, chdf5_default(), chdf5_default())
      let created = try target.place.handle(id, .cannotCreate, "the group can't be created")
      return Group(file: file, path: target.path, handle: created)
    }
  }
}
