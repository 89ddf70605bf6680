import CHDF5

/// How files are opened. Only used while holding the library's lock.
enum FileAccess {
  /// A file on disk.
  static func disk() -> Handle {
    let list = Handle(owning: H5Pcreate(chdf5_class_file_access()))
    // Closing means closing, whatever was forgotten.
    H5Pset_fclose_degree(list.id, H5F_CLOSE_STRONG)
    return list
  }

  /// A file in memory, empty or with the bytes of one.
  static func memory(image: [UInt8]?) -> Handle {
    let list = disk()
    H5Pset_fapl_core(list.id, 1 << 16, false)
    if var image { H5Pset_file_image(list.id, &image, image.count) }
    return list
  }

  private nonisolated(unsafe) static var filesInMemory = 0

  /// libhdf5 takes two files in memory for the same one if their names are.
  static func uniqueName(_ name: String) -> String {
    filesInMemory += 1
    return "\(name)#\(filesInMemory)"
  }
}
