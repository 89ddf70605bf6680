#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include <string.h>
#include <zlib.h>

// Much of libhdf5's interface is macros that Swift cannot import, and several functions have other signatures from
// 1.12 on. Both are given a plain form here.

// clang-format off
static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_default_error_stack(void) { return H5E_DEFAULT; }
static inline hid_t chdf5_whole_space(void) { return H5S_ALL; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }
static inline size_t chdf5_variable_length(void) { return H5T_VARIABLE; }

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }

static inline hid_t chdf5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_class_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_class_dataset_access(void) { return H5P_DATASET_ACCESS; }
static inline hid_t chdf5_class_dataset_transfer(void) { return H5P_DATASET_XFER; }
static inline hid_t chdf5_class_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t chdf5_class_link_access(void) { return H5P_LINK_ACCESS; }

static inline hid_t chdf5_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t chdf5_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t chdf5_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t chdf5_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t chdf5_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_ieee_float32_le(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }
// clang-format on

/// The kind of the link, or a negative number where there is none.
static inline int chdf5_link_kind(hid_t location, const char *name, hid_t access) {
#if H5_VERSION_GE(1, 12, 0)
  H5L_info2_t info;
  if (H5Lget_info2(location, name, &info, access) < 0) return -1;
#else
  H5L_info_t info;
  if (H5Lget_info(location, name, &info, access) < 0) return -1;
#endif
  return (int)info.type;
}

/// The name of the file that an external link leads to; other than 0 where it can't be had, or is longer than the room.
static inline int chdf5_external_target(hid_t location, const char *name, char *text, size_t room) {
  char value[4096];
  const char *file = NULL, *object = NULL;
  unsigned flags = 0;
  memset(value, 0, sizeof value);
  if (H5Lget_val(location, name, value, sizeof value - 1, H5P_DEFAULT) < 0) return -1;
  if (H5Lunpack_elink_val(value, sizeof value, &flags, &file, &object) < 0 || file == NULL) return -1;
  size_t length = strlen(file);
  if (length >= room) return -1;
  memcpy(text, file, length + 1);
  return 0;
}

/// What makes an object the same object, whatever path led to it.
typedef struct {
  int type;
  unsigned long file;
  unsigned long long address;
} chdf5_identity;

/// Negative where the name leads nowhere.
static inline int chdf5_identify(hid_t location, const char *name, hid_t access, chdf5_identity *identity) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  if (H5Oget_info_by_name3(location, name, &info, H5O_INFO_BASIC, access) < 0) return -1;
  memcpy(&identity->address, &info.token, sizeof identity->address);
#else
  H5O_info_t info;
  if (H5Oget_info_by_name2(location, name, &info, H5O_INFO_BASIC, access) < 0) return -1;
  identity->address = info.addr;
#endif
  identity->type = (int)info.type;
  identity->file = info.fileno;
  return 0;
}

/// Reads a chunk as it is stored, into a buffer of its size.
static inline herr_t chdf5_read_chunk(
    hid_t dataset, const hsize_t *offset, uint32_t *skipped, void *buffer, size_t size) {
#if H5_VERSION_GE(2, 0, 0)
  return H5Dread_chunk2(dataset, H5P_DEFAULT, offset, skipped, buffer, &size);
#else
  (void)size;
  return H5Dread_chunk(dataset, H5P_DEFAULT, offset, skipped, buffer);
#endif
}

/// Whether a zlib stream makes exactly so many bytes.
static inline int chdf5_inflates_to(const void *stream, size_t size, size_t expected) {
  unsigned char sink[1 << 15];
  z_stream state;
  memset(&state, 0, sizeof state);
  if (size > 0xFFFFFFFFu || inflateInit(&state) != Z_OK) return 0;
  state.next_in = (unsigned char *)stream;
  state.avail_in = (uInt)size;
  size_t made = 0;
  int status;
  do {
    state.next_out = sink;
    state.avail_out = sizeof sink;
    status = inflate(&state, Z_NO_FLUSH);
    made += sizeof sink - state.avail_out;
  } while (status == Z_OK && made <= expected);
  inflateEnd(&state);
  return status == Z_STREAM_END && made == expected;
}

/// Called with each name; stops the enumeration by returning other than zero.
typedef int (*chdf5_name_callback)(const char *name, void *context);

typedef struct {
  chdf5_name_callback callback;
  void *context;
} chdf5_names;

#if H5_VERSION_GE(1, 12, 0)
static inline herr_t chdf5_link_step(hid_t group, const char *name, const H5L_info2_t *info, void *context) {
#else
static inline herr_t chdf5_link_step(hid_t group, const char *name, const H5L_info_t *info, void *context) {
#endif
  (void)group;
  (void)info;
  chdf5_names *names = (chdf5_names *)context;
  return names->callback(name, names->context);
}

/// Calls back with the name of each link of a group.
static inline herr_t chdf5_each_link(hid_t group, chdf5_name_callback callback, void *context) {
  chdf5_names names = {callback, context};
#if H5_VERSION_GE(1, 12, 0)
  return H5Literate2(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, chdf5_link_step, &names);
#else
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, chdf5_link_step, &names);
#endif
}

static inline herr_t chdf5_attribute_step(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  (void)object;
  (void)info;
  chdf5_names *names = (chdf5_names *)context;
  return names->callback(name, names->context);
}

/// Calls back with the name of each attribute of an object.
static inline herr_t chdf5_each_attribute(hid_t object, chdf5_name_callback callback, void *context) {
  chdf5_names names = {callback, context};
  return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, chdf5_attribute_step, &names);
}

#endif
