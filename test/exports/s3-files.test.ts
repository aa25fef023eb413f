/** Files through the client of S3, over HTTP: in parts, given up, refused; and the addresses they are fetched from. */
import { beforeEach, describe, expect, it } from 'vitest';
import { attachment } from '../../shared/exports/file-name.ts';
import { s3ExportFiles } from '../../shared/exports/store.ts';
import { exportFilesContract } from '../stores/contracts/exports.ts';
import { type SmallS3, startSmallS3 } from './s3.ts';

const MIB = 1024 * 1024;
const KIND = { contentType: 'text/csv; charset=utf-8', keepDays: 3 };

describe('on S3', () => {
  let s3: SmallS3;
  const open = () => s3ExportFiles({ client: s3.client, bucket: 'lake' });
  beforeEach(async () => {
    s3 = await startSmallS3();
    return () => s3.stop();
  });

  exportFilesContract('S3 over HTTP', async () => ({
    files: open(),
    read: async (key) => s3.objects.get(key)?.content,
  }));

  it('sends a large file in parts, and says of each what it is and when it may go', async () => {
    const [small, large] = [open().open('exports/small', KIND), open().open('exports/large', KIND)];
    await small.write(Buffer.from('little'));
    for (let part = 0; part < 20; part++) await large.write(Buffer.alloc(MIB));
    await Promise.all([small.finish(), large.finish()]);
    const common = { tagging: 'keepDays=3', contentType: KIND.contentType };
    expect(s3.objects.get('exports/small')).toMatchObject({ ...common, parts: 1 });
    expect(s3.objects.get('exports/large')).toMatchObject({ ...common, parts: 3 });
  });

  it('leaves no parts behind', async () => {
    const upload = open().open('exports/large', KIND);
    for (let part = 0; part < 20; part++) await upload.write(Buffer.alloc(MIB));
    expect(s3.unfinished()).toBe(1);
    await upload.abort();
    expect(s3.unfinished()).toBe(0);
  });

  it('fails whoever writes on, or finishes, where S3 takes no more', async () => {
    s3.refuseParts();
    const upload = open().open('exports/large', KIND);
    const writeMuch = async () => {
      for (let part = 0; part < 100; part++) await upload.write(Buffer.alloc(MIB));
    };
    await expect(writeMuch()).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(upload.finish()).rejects.toMatchObject({ name: 'AccessDenied' });
    await upload.abort();
    expect(s3.unfinished()).toBe(0);
    expect(s3.objects.size).toBe(0);
  });

  it('holds back whoever writes faster than S3 takes', async () => {
    const upload = open().open('exports/large', KIND);
    const first = upload.write(Buffer.alloc(2 * MIB));
    await expect(Promise.race([first, Promise.resolve('waits')])).resolves.toBe('waits');
    await first;
    await upload.finish();
  });

  it('is fetched by whoever has its address, under its name', async () => {
    const upload = open().open('exports/members.csv', KIND);
    await upload.write(Buffer.from('a,b'));
    await upload.finish();
    const disposition = attachment({ name: '高价值-members.csv', plain: 'high-value-members.csv' });
    const url = await open().link('exports/members.csv', { disposition, seconds: 60 });
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    const answer = await fetch(url);
    expect(await answer.text()).toBe('a,b');
    expect(answer.headers.get('content-disposition')).toBe(disposition);
  });
});
