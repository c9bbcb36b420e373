internal import CRocksDB

/// Sizes that a deployment may want to change. The defaults suit a validator with a few gigabytes of memory.
package struct DatabaseOptions: Sendable {
    /// Uncompressed blocks of all families, shared.
    package var blockCacheByteCount = 96 << 20
    /// All memtables together; beyond it the largest is flushed.
    package var writeBufferByteCount = 160 << 20
    /// The log is cut by flushing the families that hold its oldest part.
    package var logByteCount: UInt64 = 192 << 20
    /// Files that RocksDB keeps open.
    package var openFileCount: Int32 = 512
    /// Threads for flush and compaction: they take a validator's cores, so there are few.
    package var backgroundJobCount: Int32 = 2

    package init() {}
}

/// RocksDB's option objects for one opening; freed when the database is open, because RocksDB copies them.
@safe
struct OptionSet: ~Copyable {
    let database: OpaquePointer
    private let cache: OpaquePointer
    private(set) var families: [OpaquePointer?] = unsafe []
    private var tables: [OpaquePointer] = unsafe []

    init(_ options: DatabaseOptions, isReadOnly: Bool) {
        unsafe database = rocksdb_options_create()
        unsafe cache = rocksdb_cache_create_lru(options.blockCacheByteCount)
        unsafe rocksdb_options_set_create_if_missing(database, isReadOnly ? 0 : 1)
        unsafe rocksdb_options_set_create_missing_column_families(database, 1)
        unsafe rocksdb_options_set_max_open_files(database, options.openFileCount)
        unsafe rocksdb_options_set_max_background_jobs(database, options.backgroundJobCount)
        // By default each opening starts 15 threads for each family, whether or not it has files.
        unsafe rocksdb_options_set_max_file_opening_threads(database, 1)
        unsafe rocksdb_options_set_db_write_buffer_size(database, options.writeBufferByteCount)
        unsafe rocksdb_options_set_max_total_wal_size(database, options.logByteCount)
        // A record cut off at the log's end is a write that never finished. A damaged record before the end is a
        // synced vote that would be forgotten, so the node must not start over it: mode 0, not the default 2,
        // which would silently drop everything after it (protocol.md, rule 20; failure 30).
        unsafe rocksdb_options_set_wal_recovery_mode(database, 0)
        unsafe rocksdb_options_set_paranoid_checks(database, 1)
        // Old files are written back while new ones are made, instead of in one burst that a journal sync waits for.
        unsafe rocksdb_options_set_bytes_per_sync(database, 1 << 20)
        // Only what is fatal: on a full disk RocksDB's own log fails too, and ends the process at the line after. What goes
        // wrong comes back as an error anyway.
        unsafe rocksdb_options_set_info_log_level(database, 4)
        unsafe rocksdb_options_set_keep_log_file_num(database, 3)
        unsafe rocksdb_options_set_max_log_file_size(database, 4 << 20)
        unsafe rocksdb_options_set_stats_dump_period_sec(database, 0)
        unsafe rocksdb_options_set_stats_persist_period_sec(database, 0)
        for family in ColumnFamily.allCases { add(family.pattern) }
        add(.small)
    }

    private mutating func add(_ pattern: ColumnFamily.Pattern) {
        let table = unsafe rocksdb_block_based_options_create()
        unsafe rocksdb_block_based_options_set_block_cache(table, cache)
        unsafe rocksdb_block_based_options_set_format_version(table, 5)
        // XXH3, half the cost of the default CRC.
        unsafe rocksdb_block_based_options_set_checksum(table, 4)
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1)
        unsafe rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1)
        let family = unsafe rocksdb_options_create()
        unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(family, 1)
        switch pattern {
        case .points:
            // Rows are mostly digests: compression costs CPU and gains nothing.
            unsafe rocksdb_options_set_compression(family, Int32(rocksdb_no_compression))
            unsafe rocksdb_options_set_write_buffer_size(family, 32 << 20)
            // Random keys: level by level each row would be written some ten times over, merged by size some three times.
            // While files are merged it takes up to twice the space.
            unsafe rocksdb_options_set_compaction_style(family, Int32(rocksdb_universal_compaction))
            unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(family, 0)
            unsafe rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
            // Most keys that are asked for are new ones: a filter over the memtable spares the search through it.
            unsafe rocksdb_options_set_memtable_whole_key_filtering(family, 1)
            unsafe rocksdb_options_set_memtable_prefix_bloom_size_ratio(family, 0.05)
            unsafe rocksdb_block_based_options_set_data_block_index_type(table, 1)
        case .ascendingPoints:
            // Nodes are mostly digests, too. No filters: who asks for a node knows that it is there.
            unsafe rocksdb_options_set_compression(family, Int32(rocksdb_no_compression))
            unsafe rocksdb_options_set_write_buffer_size(family, 32 << 20)
        case .largeValues:
            unsafe rocksdb_options_set_compression(family, Int32(rocksdb_no_compression))
            unsafe rocksdb_options_set_write_buffer_size(family, 32 << 20)
            unsafe rocksdb_block_based_options_set_block_size(table, 64 << 10)
        case .small:
            unsafe rocksdb_options_set_compression(family, Int32(rocksdb_no_compression))
            unsafe rocksdb_options_set_write_buffer_size(family, 8 << 20)
        }
        unsafe rocksdb_options_set_block_based_table_factory(family, table)
        if let table = unsafe table { unsafe tables.append(table) }
        unsafe families.append(family)
    }

    deinit {
        unsafe families.forEach { unsafe rocksdb_options_destroy($0) }
        unsafe tables.forEach { unsafe rocksdb_block_based_options_destroy($0) }
        unsafe rocksdb_cache_destroy(cache)
        unsafe rocksdb_options_destroy(database)
    }
}
