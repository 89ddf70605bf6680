import CHDF5

/// A path on its way to an object. Only used while holding the library's lock.
struct ObjectPath {
  /// From the root.
  let path: String
  /// From the group, or from the root with a slash in front; "." for the group itself.
  let relative: String
  private let group: Group
  private let names: [String]

  init(_ text: String, from group: Group) throws {
    self.group = group
    names = ObjectPath.components(text)
    let fromRoot = text.hasPrefix("/")
    let joined = names.joined(separator: "/")
    relative = fromRoot ? "/" + joined : (names.isEmpty ? "." : joined)
    let parent = fromRoot || group.path == "/" ? "" : group.path
    path = names.isEmpty && !fromRoot ? group.path : parent + "/" + joined
    if text.utf8.contains(0) { throw place.error(.noSuchObject, "a name can't contain a zero byte") }
  }

  static func components(_ path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }

  var place: Place { Place(file: group.file.name, path: path) }

  /// An object that was found.
  struct Found {
    let path: String
    let place: Place
    fileprivate let opened: Handle

    func handle(expecting type: H5I_type_t, _ what: String) throws -> Handle {
      let actual = H5Iget_type(opened.id)
      guard actual != type else { return opened }
      let found =
        switch actual {
        case H5I_GROUP: "a group"
        case H5I_DATASET: "a dataset"
        default: "a named type"
        }
      throw place.error(.wrongType, "is not " + what, expected: what, found: found)
    }
  }

  /// Opens the object, following soft links within the file and nothing else.
  func open() throws -> Found {
    try walk()
    Library.metExternalLink = false
    let id = H5Oopen(group.handle.id, relative, Library.linkAccess.id)
    guard id >= 0 else {
      if Library.metExternalLink { throw externalLink(place) }
      if chdf5_link_kind(group.handle.id, relative, Library.linkAccess.id) == H5L_TYPE_SOFT.rawValue {
        throw place.error(.noSuchObject, "is a soft link that leads nowhere, or in a circle")
      }
      throw place.failure(.damaged, "the object can't be opened")
    }
    return Found(path: path, place: place, opened: Handle(owning: id))
  }

  /// The path, provided that nothing is there yet.
  func vacant() throws -> ObjectPath {
    var prefix = relative.hasPrefix("/") ? "/" : ""
    let isThere = names.enumerated().allSatisfy { depth, name in
      prefix += (depth == 0 ? "" : "/") + name
      return chdf5_link_kind(group.handle.id, prefix, Library.linkAccess.id) >= 0
    }
    if isThere { throw place.error(.cannotCreate, "already exists") }
    return self
  }

  /// Passes each link on the way, so that the one which is missing can be named.
  private func walk() throws {
    var prefix = relative.hasPrefix("/") ? "/" : ""
    for (depth, name) in names.enumerated() {
      let parent = prefix
      prefix += (depth == 0 ? "" : "/") + name
      Library.metExternalLink = false
      let kind = chdf5_link_kind(group.handle.id, prefix, Library.linkAccess.id)
      let place = Place(file: group.file.name, path: absolute(prefix))
      switch kind {
      case H5L_TYPE_HARD.rawValue, H5L_TYPE_SOFT.rawValue: continue
      case H5L_TYPE_EXTERNAL.rawValue: throw externalLink(place)
      case 0...: throw place.error(.refused, "is a user-defined link, which is not followed")
      default:
        if Library.metExternalLink { throw externalLink(place) }
        throw place.error(.noSuchObject, "no such group or dataset", found: siblings(parent))
      }
    }
  }

  private func externalLink(_ place: Place) -> HDF5Error {
    place.error(
      .refused, "is a link to another file, which is not followed; give that file, or copy the object into this one")
  }

  private func absolute(_ prefix: String) -> String {
    if prefix.hasPrefix("/") { return prefix }
    return (group.path == "/" ? "" : group.path) + "/" + prefix
  }

  /// What there is instead, for the error.
  private func siblings(_ parent: String) -> String? {
    let handle = Handle(owning: H5Oopen(group.handle.id, parent.isEmpty ? "." : parent, Library.linkAccess.id))
    guard handle.isValid, H5Iget_type(handle.id) == H5I_GROUP else { return nil }
    let path = parent.isEmpty ? group.path : absolute(parent)
    guard let names = try? Group(file: group.file, path: path, handle: handle).names() else { return nil }
    if names.isEmpty { return "nothing in " + path }
    return "in \(path): " + names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}
