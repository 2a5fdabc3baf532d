import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Produces one alert and one deploy straight to the input topics, in Avro, as one transaction.
 *
 * <p>mvn -q compile exec:java -Dexec.args="127.0.0.1:9092 http://127.0.0.1:8080 default checkout production zstd"
 *
 * <p>Arguments: broker, gateway, tenant, service, environment, compression (none, gzip, snappy, lz4, zstd).
 */
public final class Producer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String registry;
    private final String tenant;
    private final String service;
    private final String environment;

    private Producer(String registry, String tenant, String service, String environment) {
        this.registry = registry;
        this.tenant = tenant;
        this.service = service;
        this.environment = environment;
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 6) {
            System.err.println("give: broker gateway tenant service environment compression");
            System.exit(2);
        }
        Producer producer = new Producer(args[1], args[2], args[3], args[4]);
        Instant now = Instant.now();
        producer.inOneTransaction(
                args[0], args[5], List.of(producer.deploy(now.minus(2, ChronoUnit.MINUTES)), producer.alert(now)));
    }

    /** Names only the fields that have a meaning here; the schema's defaults stand for the others. */
    private ProducerRecord<byte[], byte[]> alert(Instant at) throws IOException, InterruptedException {
        return record("alerts", Map.of(
                "source", "own-monitor",
                // Firing and resolved are the same alert: the same fingerprint and the same start.
                "source_ref", "own-monitor:errors-" + service + "@" + micros(at),
                "fingerprint", "errors-" + service,
                "name", "ErrorRateHigh",
                "status", "firing",
                "severity", "critical",
                "service", service,
                "environment", environment,
                "summary", "more than 5% of the requests fail",
                "starts_at", micros(at)));
    }

    private ProducerRecord<byte[], byte[]> deploy(Instant at) throws IOException, InterruptedException {
        return record("deploys", Map.of(
                "kind", "deploy",
                "source", "own-deployer",
                // The change's name in its own tool: written again, it is the same change.
                "source_ref", "own-deployer:" + service + "/" + at.getEpochSecond(),
                "target", "service/" + service,
                "service", service,
                "environment", environment,
                "title", "deploy of " + service + " v2",
                "after", "v2",
                "effective_at", micros(at)));
    }

    /** A record in Confluent's wire format: a zero byte, the schema's id in four, the value. */
    private ProducerRecord<byte[], byte[]> record(String topic, Map<String, Object> fields)
            throws IOException, InterruptedException {
        JsonNode found = latest(topic + "-value");
        Schema schema = new Schema.Parser().parse(found.get("schema").asText());
        GenericRecordBuilder builder = new GenericRecordBuilder(schema);
        fields.forEach(builder::set);
        GenericData.Record value = builder.build();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream header = new DataOutputStream(bytes);
        header.writeByte(0);
        header.writeInt(found.get("id").asInt());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(schema).write(value, encoder);
        encoder.flush();
        // The key may stay empty.
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, null, bytes.toByteArray());
        record.headers().add("tenant", tenant.getBytes(StandardCharsets.UTF_8));
        return record;
    }

    /** The newest schema with its id; the gateway serves both at a registry's own addresses. */
    private JsonNode latest(String subject) throws IOException, InterruptedException {
        URI address = URI.create(registry + "/subjects/" + subject + "/versions/latest");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("no schema at " + address + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    private static long micros(Instant at) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, at);
    }

    /** All or none; without a transactional id, send and flush alone would do. */
    private void inOneTransaction(String bootstrap, String compression, List<ProducerRecord<byte[], byte[]>> records) {
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ProducerConfig.COMPRESSION_TYPE_CONFIG, compression,
                ProducerConfig.TRANSACTIONAL_ID_CONFIG, "own-producer-java-" + service);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            records.forEach(producer::send);
            // Waits for every record, and throws where one was not written; the broker then aborts.
            producer.commitTransaction();
        }
    }
}
